"""Reading YAML written by hand: every value keeps the line it stands on, every number its decimals.

Whatever is wrong is noted and reading goes on, so that the writer hears of everything at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import yaml

from evaltools.problems import ProblemList, in_language, nearest, visible
from evaltools.wording import LANGUAGES, word

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")


_SYNTAX = {
    "'\\t'": "syntax_tab",
    "expected ':'": "syntax_colon",
    "mapping values are not allowed": "syntax_second_colon",
    "another document": "syntax_two_documents",
    "expected ',' or": "syntax_bracket",
    "quoted scalar": "syntax_quote",
}
"""What the parser says, and the words that say it to the writer."""


class Document:
    """One YAML file. What is wrong with it goes to `problems`, in the sentences of the words file `topic`."""

    def __init__(self, label: str, topic: str) -> None:
        self.label = label
        self.topic = topic
        self.problems = ProblemList()

    def read(self, path: Path, allowed: tuple[str, ...]) -> Fields | None:
        """Return the file's top mapping; None after noting that there is none."""
        try:
            root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        except OSError:
            self.say("cannot_open", 1)
            return None
        except UnicodeDecodeError as error:
            self.say("not_utf8", error.object.count(b"\n", 0, error.start) + 1)
            return None
        except yaml.reader.ReaderError as error:
            self.say("unseen_character", self._line_of_character(path, error.position))
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            found = str(getattr(error, "problem", None) or "")
            said = next((key for text, key in _SYNTAX.items() if text in found), "syntax_other")
            self.say("not_readable", mark.line + 1 if mark else 1, found=self.words(said))
            return None
        except RecursionError:
            self.say("not_readable", 1, found=self.words("syntax_deep"))
            return None
        if root is None:
            self.say("empty", 1, allowed=", ".join(allowed))
            return None
        return Fields(self, root, allowed, "")

    @staticmethod
    def _line_of_character(path: Path, at: int) -> int:
        return path.read_text(encoding="utf-8-sig").count("\n", 0, at) + 1

    def say(self, sentence: str, at: yaml.Node | int, /, **values: object) -> None:
        """Note a problem on a line, in the words `<topic>.<sentence>`.

        A value that is itself a word is given as the pair of its texts in `LANGUAGES`.
        """
        texts = [word(f"{self.topic}.{sentence}", lang, **in_language(values, lang)) for lang in LANGUAGES]
        self.problems.add(
            rule=f"{self.topic}_{sentence}",
            where=self.place(at),
            subject=visible(str(values.get("subject", ""))),
            sentence_zh=texts[0],
            sentence_en=texts[1],
        )

    def place(self, at: yaml.Node | int) -> str:
        """Return the file and where in it a node stands."""
        return f"{self.label} {self.where(at)}"

    def where(self, at: yaml.Node | int) -> str:
        """Return where a node stands, as a problem names it."""
        return f"line {at if isinstance(at, int) else line_of(at)}"

    def words(self, key: str) -> tuple[str, ...]:
        """Return the texts of a word of the topic, in the order of `LANGUAGES`."""
        return tuple(word(f"{self.topic}.{key}", lang) for lang in LANGUAGES)


class Fields:
    """A mapping of the document, read key by key. A wrong value is noted and comes back blank or 0."""

    def __init__(self, document: Document, node: yaml.Node, allowed: Iterable[str], subject: str) -> None:
        self.document = document
        self.node = node
        self.subject = subject
        self.is_mapping = isinstance(node, yaml.MappingNode)
        self.nodes: dict[str, yaml.Node] = {}
        allowed = tuple(allowed)
        if not self.is_mapping:
            document.say("not_a_mapping", node, allowed=", ".join(allowed))
            return
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "[…]"
            if key not in allowed:
                near = nearest(key, allowed) or "—"
                document.say("unknown_key", key_node, found=key, near=near, allowed=", ".join(allowed))
            elif key in self.nodes:
                document.say("repeated_key", key_node, found=key)
            else:
                self.nodes[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self.nodes

    def at(self, key: str) -> yaml.Node:
        """Return where a value stands; where the mapping begins if it is absent."""
        return self.nodes.get(key, self.node)

    def value(self, key: str, required: bool = True) -> yaml.Node | None:
        """Return the node of a key; None if it is absent or blank, noted if it is required."""
        node = self.nodes.get(key)
        if node is not None and not _is_blank(node):
            return node
        if required and self.is_mapping:
            self.document.say("missing_key", self.at(key), subject=self.subject, key=key)
        return None

    def text(self, key: str, required: bool = True) -> str:
        """Return a text exactly as it is written: 1.10 and 007 stay."""
        node = self.value(key, required)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.document.say("not_text", node, key=key)
            return ""
        return str(node.value).strip()

    def texts(self, key: str) -> list[str]:
        """Return the texts of a list, or the one text there is; none if the key is absent."""
        node = self.value(key, required=False)
        if node is None:
            return []
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = [str(part.value).strip() for part in nodes if isinstance(part, yaml.ScalarNode)]
        if len(found) < len(nodes) or not all(found):
            self.document.say("not_text", node, key=key)
        return [text for text in found if text]

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return a text that must be one of `allowed`; without a default the key is required."""
        found = self.text(key, required=default is None)
        if found and found not in allowed:
            self.document.say("not_allowed", self.at(key), key=key, found=found, allowed=", ".join(allowed))
        return found or default or ""

    def number(self, key: str, above_zero: bool = True, default: Decimal | None = None) -> Decimal:
        """Return an exact decimal above zero, or at least zero; without a default the key is required."""
        node = self.value(key, required=default is None)
        if node is None:
            return default or Decimal(0)
        text = str(node.value) if isinstance(node, yaml.ScalarNode) else "[…]"
        if not _NUMBER.fullmatch(text):
            self.document.say("not_a_number", node, key=key, found=text)
            return Decimal(0)
        found = Decimal(text)
        if found < 0 or (above_zero and not found):
            allowed = self.document.words("above_zero" if above_zero else "zero_or_more")
            self.document.say("out_of_range", node, key=key, found=text, allowed=allowed)
            return Decimal(0)
        return found

    def entries(self, key: str) -> Iterator[yaml.Node]:
        """Yield the entries of a list, which must have one."""
        node = self.value(key)
        if isinstance(node, yaml.SequenceNode) and node.value:
            yield from node.value
        elif node is not None:
            self.document.say("not_a_list", node, key=key)


def _is_blank(node: yaml.Node) -> bool:
    """Whether nothing is written: no text, or what YAML calls null (`~`); a quoted "null" is a text."""
    return isinstance(node, yaml.ScalarNode) and (not node.value.strip() or node.tag == "tag:yaml.org,2002:null")


def line_of(node: yaml.Node) -> int:
    """Return the line of the file on which a node begins, counted from 1."""
    return int(node.start_mark.line) + 1
