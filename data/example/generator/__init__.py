"""How the example's figures and documents are made; `generate.py` runs it."""
