"""The command `evaltools`. Exit status: 0 done, 1 some of it failed, 2 not valid (nothing written), 130 stopped."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import pandas as pd

# What is heavy (pandas, papermill, nbconvert, JupyterLab) is imported by the command that needs it, so that
# --help answers at once.

INVALID, STOPPED, CUT = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        _utf8(stream)
    options = _parser().parse_args(argv)
    try:
        status = int(options.command(options))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # whoever reads the output has seen enough; Python would say so once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evaltools",
        description="Evaluate county public-health services: from reported counts to a website of reports.",
        epilog="Without --data, the built-in synthetic example is used.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_check(commands)
    _add_template(commands)
    _add_standard(commands)
    _add_lab(commands)
    _add_new(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="evaluate counties and publish their reports",
        description="Run the notebooks for every county and publish the site. The last line printed is its index.",
    )
    add = run.add_argument
    add("--data", default="example", metavar="NAME|DIR", help="dataset (default: example)")
    add("--period", metavar="P", help="such as 2024, 2024-Q3, 2024-01/2024-10 (default: the latest year)")
    add("--area", action="append", default=[], metavar="CODE", help="only this county; may be repeated")
    add("--notebook", action="append", default=[], metavar="NAME", help="only this notebook; may be repeated")
    add("--standard", metavar="NAME|FILE", help="scoring standard (default: the dataset's own)")
    add("--stage", choices=("reported", "verified", "final"), default="final", help="(default: final)")
    add(
        "--audience",
        choices=("internal", "public"),
        default="internal",
        help="public hides small numbers about people (default: internal)",
    )
    add("--lang", choices=("zh", "en"), help="language of the reports (default: the dataset's)")
    add("--out", metavar="DIR", help="folder that holds the sites (default: reports)")
    add("--jobs", type=int, metavar="N", help="notebooks at a time (default: one for each processor)")
    add("--force", action="store_true", help="rebuild every page; replace a site of another kind")
    add("--docx", action="store_true", help="a Word file beside each page, and a letter to each county")
    add("--xlsx", action="store_true", help="a workbook of all its tables beside each page")
    add("--pdf", action="store_true", help="a PDF beside each page, printed by an installed Chromium, Chrome or Edge")
    add(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further parameter of the notebooks, typed as they say; may be repeated",
    )
    run.set_defaults(command=_run)


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="look for errors and contradictions in a dataset",
        description="List every finding. Exit status: 0 no errors, 1 errors, 2 no table can be read at all.",
    )
    check.add_argument("path", metavar="PATH", help="dataset folder, or the name of a dataset")
    check.add_argument("--format", choices=("text", "json", "csv"), default="text", help="(default: text)")
    check.add_argument("--lang", choices=("zh", "en"), help="language of the text (default: the dataset's)")
    check.add_argument(
        "--annotate",
        metavar="OUT.xlsx",
        help="mark the findings in a copy of the workbook that was sent, or list them; for several, give a folder",
    )
    check.add_argument("--html", metavar="OUT.html", help="write a page to send back, to be printed and signed")
    check.set_defaults(command=_check)


def _add_template(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    template = commands.add_parser(
        "template",
        help="write the workbook in which a county reports",
        description="Write the workbook to hand out: instructions, a sheet a family, a page to sign and stamp. "
        "Or, with --map, draft the mapping by which a workbook of another layout is read.",
    )
    add = template.add_argument
    add("--out", metavar="FILE.xlsx|DIR", help="the workbook; or a folder, for one workbook a county")
    add("--map", metavar="FILE", help="draft the mapping of this workbook (default --out: FILE.map.yaml beside it)")
    add("--data", metavar="NAME|DIR", help="dataset (default: example; with --map the national catalogue alone)")
    add("--area", action="append", default=[], metavar="CODE", help="only this county; may be repeated")
    add("--period", metavar="P", help="such as 2025, 2025-Q3, 2025-01/2025-06 (default: the year after the latest)")
    add("--lang", choices=("zh", "en"), help="(default: the dataset's language)")
    add("--units-in-rows", action="store_true", help="institutions in rows and items in columns, not the reverse")
    template.set_defaults(command=_template, usage=template)


def _add_standard(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    standard = commands.add_parser(
        "standard",
        help="check a scoring standard, and write it as YAML or as a workbook",
        description="Check a scoring standard (.yaml or .xlsx) against the catalogue: everything that is wrong, or a "
        "line on what it consists of. Exit status: 0 it can be used, 2 it cannot (nothing written).",
    )
    add = standard.add_argument
    add("file", metavar="FILE", help="the standard; or the name of one that comes with evaltools")
    add("--out", metavar="FILE", help="write it here, as .yaml or .xlsx by the ending; never over a file")
    add("--data", metavar="NAME|DIR", help="dataset whose catalogue counts too (default: the national one alone)")
    add("--lang", choices=("zh", "en"), help="language of what is said (default: the dataset's, or zh)")
    standard.set_defaults(command=_standard)


def _add_lab(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lab = commands.add_parser(
        "lab",
        help="open the notebooks of a county in JupyterLab",
        description="Open working copies of the notebooks, set to a county, in JupyterLab on this machine. At its end "
        "each page of a report names the command that opens its notebook as it was run.",
    )
    add = lab.add_argument
    add("--data", default="example", metavar="NAME|DIR", help="dataset (default: example)")
    add("--period", metavar="P", help="(default: the latest year)")
    add("--area", metavar="CODE", help="county (default: the first of the dataset)")
    add("--notebook", action="append", default=[], metavar="NAME", help="only this notebook; may be repeated")
    add("--standard", metavar="NAME|FILE", help="scoring standard (default: the dataset's own)")
    add("--stage", choices=("reported", "verified", "final"), default="final", help="(default: final)")
    add("--audience", choices=("internal", "public"), default="internal", help="(default: internal)")
    add("--lang", choices=("zh", "en"), help="(default: the dataset's language)")
    add(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further parameter of the notebooks, typed as they say; may be repeated",
    )
    add("--out", metavar="DIR", help="folder that holds the working copies (default: reports/lab)")
    add("--port", type=int, default=8888, help="first port to try (default: 8888)")
    add("--no-browser", action="store_true", help="print the address and open nothing")
    lab.set_defaults(command=_lab)


def _add_new(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = commands.add_parser(
        "new",
        help="write a notebook of your own, which becomes a page",
        description="Write notebooks/NAME.ipynb: a notebook that runs as it is, for you to go on from. The next "
        "`evaltools run` makes a page of it for every county, or one for the region.",
    )
    add = new.add_argument
    add("name", metavar="NAME", help="letters a-z, digits, _ and -; the page's file is called so")
    add("--scope", choices=("area", "region"), default="area", help="a page a county, or one for all (default: area)")
    add("--title-zh", metavar="TEXT", help="title of the page in Chinese (default: made from NAME)")
    add("--title-en", metavar="TEXT", help="title of the page in English (default: made from NAME)")
    add("--lang", choices=("zh", "en"), help="language of what is said (default: zh)")
    new.set_defaults(command=_new)


def _run(options: argparse.Namespace) -> int:
    from evaltools import console, notebook_files, plans
    from evaltools.problems import InputError
    from evaltools.runs import run
    from evaltools.wording import word

    notebook_files.without_slow_grammar()
    # told to end by the system, a run stops as it does for Ctrl-C
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    lang = plans.language(options.data, options.lang)
    try:
        result = run(
            data=options.data,
            period=options.period,
            areas=options.area,
            notebooks=options.notebook,
            standard=options.standard,
            stage=options.stage,
            lang=options.lang,
            out=options.out,
            jobs=options.jobs,
            force=options.force,
            parameters=_parameters(options.parameter),
            audience=options.audience,
            documents=[kind for kind in ("docx", "xlsx", "pdf") if getattr(options, kind)],
            progress=console.progress(lang),
        )
    except InputError as error:
        return _refused(error.problems, lang)
    except KeyboardInterrupt:
        console.say(word("run.interrupted", lang))
        return STOPPED
    console.told(result, lang)
    console.say(str(result.index), sys.stdout)
    return result.exit_status


def _parameters(texts: Sequence[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a mapping; raises InputError for another form, or a name given twice."""
    from evaltools.notebook_files import say
    from evaltools.problems import ProblemList

    problems = ProblemList()
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            say(problems, "parameter_form", where="--parameter", found=text)
        elif name in found:
            say(problems, "parameter_twice", where="--parameter", subject=name)
        found[name] = value
    problems.raise_if_any()
    return found


def _check(options: argparse.Namespace) -> int:
    from evaltools import checking, console, plans
    from evaltools.wording import word

    lang = plans.language(options.path, options.lang)
    found, status = checking.check(options.path)
    if options.format == "json":
        print(json.dumps(found.to_dict("records"), ensure_ascii=False, indent=1))
    elif options.format == "csv":
        print(found.to_csv(index=False, lineterminator="\n"), end="")
    else:
        for level, rows in found.groupby("level", sort=False):
            console.say(word(f"run.level_{level}", lang), sys.stdout)
            for line in console.problem_lines(rows, lang):
                console.say(line, sys.stdout)
        counts = {level: int((found["level"] == level).sum()) for level in ("error", "warning", "note")}
        key = "run.check_summary" if len(found) else "run.check_clean"
        console.say(word(key, lang, **counts), sys.stdout)
    return _sent_back(options, found, lang) or status


def _sent_back(options: argparse.Namespace, found: pd.DataFrame, lang: str) -> int:
    """Write what goes back to those who sent the data; return 0, or the status of a refusal."""
    if not (options.annotate or options.html):
        return 0
    from pathlib import Path

    from evaltools import console, send_back
    from evaltools.problems import InputError

    try:
        for out, write in ((options.annotate, send_back.marked_workbooks), (options.html, send_back.page)):
            for line in write(options.path, found, Path(out), lang) if out else ():
                console.say(line)
    except InputError as error:
        return _refused(error.problems, lang)
    return 0


def _template(options: argparse.Namespace) -> int:
    from evaltools import console, plans, template_files
    from evaltools.problems import InputError
    from evaltools.wording import word

    if options.map is not None:
        return _map(options)
    if options.out is None:
        options.usage.error("one of the arguments --out --map is required")
    data = options.data or "example"
    lang = plans.language(data, options.lang)
    try:
        written = template_files.write_templates(
            out=options.out,
            data=data,
            areas=options.area,
            period=options.period,
            lang=lang,
            units_in_rows=options.units_in_rows,
        )
    except InputError as error:
        return _refused(error.problems, lang)
    console.say(word("template.written", lang, n=len(written)))
    for path in written:
        console.say(str(path), sys.stdout)
    return 0


def _map(options: argparse.Namespace) -> int:
    from evaltools import console, mapping_files, plans
    from evaltools.problems import InputError
    from evaltools.wording import word

    lang = plans.language(options.data or "example", options.lang)
    try:
        path, draft = mapping_files.write_draft(options.map, options.out, options.data, lang)
    except InputError as error:
        return _refused(error.problems, lang)
    console.say(word("mapping.draft_written", lang, found=path.name, confirm=draft.confirm, blank=draft.blank))
    console.say(str(path), sys.stdout)
    return 0


def _standard(options: argparse.Namespace) -> int:
    from evaltools import console, plans, standard_command
    from evaltools.problems import InputError

    lang = plans.language(options.data or "example", options.lang)
    try:
        found, path = standard_command.check_standard(options.file, options.out, options.data)
    except InputError as error:
        return _refused(error.problems, lang, "standard_sheets.refused")
    console.say(standard_command.summary(found, path.name, lang), sys.stdout)
    if options.out is not None:
        console.say(options.out, sys.stdout)
    return 0


def _lab(options: argparse.Namespace) -> int:
    from evaltools import lab, plans
    from evaltools.problems import InputError

    lang = plans.language(options.data, options.lang)
    try:
        return lab.lab(
            data=options.data,
            period=options.period,
            area=options.area,
            lang=options.lang,
            out=options.out,
            port=options.port,
            browser=not options.no_browser,
            notebooks=options.notebook,
            standard=options.standard,
            stage=options.stage,
            audience=options.audience,
            parameters=_parameters(options.parameter),
        )
    except InputError as error:
        return _refused(error.problems, lang)


def _new(options: argparse.Namespace) -> int:
    from evaltools import console, new_notebook
    from evaltools.problems import InputError
    from evaltools.wording import word

    lang = options.lang or "zh"
    try:
        path = new_notebook.write(options.name, options.scope, options.title_zh, options.title_en)
    except InputError as error:
        return _refused(error.problems, lang, "new_notebook.refused")
    console.say(word("new_notebook.written", lang))
    console.say(str(path), sys.stdout)
    return 0


def _refused(problems: pd.DataFrame, lang: str, said: str = "run.refused") -> int:
    from evaltools import console
    from evaltools.wording import word

    errors = problems[problems["level"] == "error"]
    console.say(word(said, lang, n=len(errors)))
    for line in console.problem_lines(errors, lang):
        console.say(line)
    return INVALID


def _utf8(stream: TextIO) -> None:
    """A pipe or file gets UTF-8 on every system; what a console cannot show is replaced, never an error."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
