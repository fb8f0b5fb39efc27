"""What a run is to do: which pages of which site, checked as a whole before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from evaltools import datasets, notebook_files, periods
from evaltools.engine import Work
from evaltools.hierarchy import names_dataset
from evaltools.metadata import read_meta
from evaltools.notebook_files import NotebookFile, say
from evaltools.notebook_parameters import Value, describe, typed
from evaltools.problems import InputError, ProblemList, nearest
from evaltools.wording import LANGUAGES

FRONT = {"area": "04_county_report", "region": "05_region_report"}
"""The notebook of each scope whose page is the folder's index.html."""

RUNNERS_OWN = ("data", "area", "period", "stage", "standard", "lang", "audience")
"""Parameters that a notebook gets from the run itself; each has an option of its own."""

AUDIENCES = ("internal", "public")


@dataclass(frozen=True)
class Request:
    """What was asked for. None and () stand for the default: everything, the latest, the dataset's own."""

    data: str = "example"
    period: str | None = None
    areas: Sequence[str] = ()
    notebooks: Sequence[str] = ()
    standard: str | None = None
    stage: str = "final"
    lang: str | None = None
    out: Path | str | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    audience: str = "internal"


@dataclass(frozen=True)
class Page:
    """One page of the site: the work it comes from, and the places of its files inside the site."""

    work: Work
    notebook: NotebookFile
    html: str
    ipynb: str
    folder: str

    @property
    def name(self) -> tuple[str, str]:
        """Area and notebook, which name a page."""
        return self.work.area, self.work.notebook


@dataclass(frozen=True)
class Plan:
    """Everything a run does.

    `pages` are all pages that the site can have, in the order of counties and notebooks; `wanted` names those of
    this run. `standard` is the file of the scoring standard, None where there is none.
    """

    home: Path
    data: datasets.Data
    dataset: Path
    period: str
    lang: str
    standard: Path | None
    areas: tuple[str, ...]
    notebooks: Mapping[str, NotebookFile]
    site: Path
    pages: tuple[Page, ...] = ()
    wanted: frozenset[tuple[str, str]] = frozenset()
    audience: str = "internal"
    preset: str = ""

    @property
    def identity(self) -> dict[str, str]:
        """What one site has one of."""
        kind = {
            "dataset": site_name(self.dataset),
            "period": self.period,
            "stage": self.data.stage,
            "standard": self.data.standard_name,
            "audience": self.audience,
            "language": self.lang,
        }
        return kind | ({"disclosure": self.preset} if self.preset else {})

    @cached_property
    def index(self) -> Page | None:
        """The page that lists all counties, if its notebook is there."""
        return next((page for page in self.pages if page.name == ("", FRONT["region"])), None)


def site_name(dataset: Path) -> str:
    """Return what the sites of a dataset are called: its folder, or its only file without the ending."""
    return dataset.stem if dataset.is_file() else dataset.name


def language(data: str, lang: str | None = None) -> str:
    """Return the language to talk to the user in: the one asked for, else the dataset's, else Chinese."""
    if lang in LANGUAGES:
        return str(lang)
    try:
        return read_meta(datasets.find(data), ProblemList()).language
    except (InputError, OSError):
        return "zh"


def make(request: Request) -> Plan:
    """Return the plan of a run; raises InputError with everything that is wrong with what was asked for."""
    problems = ProblemList()
    home = datasets.home()
    known = notebook_files.discover(home / "notebooks", problems)
    if not known and not len(problems):
        say(problems, "no_notebooks", where="notebooks")
    chosen = choose(request, known, problems)
    parameters = own_parameters(request, chosen, problems)
    if request.lang is not None and request.lang not in LANGUAGES:
        say(problems, "language", where="--lang", found=request.lang, allowed=", ".join(LANGUAGES))
    try:
        dataset = datasets.find(request.data).resolve()
        data = datasets.load(str(dataset), stage=request.stage, standard=request.standard or None)
    except InputError as error:
        problems.extend(error.problems)
        raise InputError(problems.frame()) from None
    standard = datasets.standard_path(data.standard_name, dataset) if data.standard_name else None
    # pages carry the standard's name, wherever its file lies
    data = replace(data, standard_name=standard.stem if standard is not None else "")
    period = _period(request, data, problems)
    areas = tuple(counties(data, period)) if period else ()
    wanted = _wanted(request, data, areas, problems) if period else ()
    if not names_dataset(site_name(dataset)):
        say(problems, "not_a_folder", where=dataset.name, found=dataset.name)
    lang = request.lang or data.meta.language
    place = period.replace("/", "_") + ("" if lang == data.meta.language else f"-{lang}")
    site = Path(request.out or home / "reports").resolve() / site_name(dataset) / place
    plan = Plan(home, data, dataset, period, lang, standard, areas, known, site)
    plan = replace(plan, audience=request.audience, preset=_preset(request, data, problems))
    pages = tuple(_pages(plan, set(chosen), parameters, problems))
    problems.raise_if_any()
    names = {page.name for page in pages if page.notebook.name in chosen}
    if request.areas:
        of_region = {FRONT["region"], *request.notebooks}  # others of the region only where they are asked for by name
        names = {(area, name) for area, name in names if area in wanted or (not area and name in of_region)}
    return replace(plan, pages=pages, wanted=frozenset(names))


def choose(request: Request, known: Mapping[str, NotebookFile], problems: ProblemList) -> dict[str, NotebookFile]:
    """Return the notebooks asked for, the index among them."""
    for name in request.notebooks:
        if name not in known:
            allowed = nearest(name, known) or ", ".join(known)
            say(problems, "notebook_unknown", where=f"--notebook {name}", subject=name, allowed=allowed)
    names = set(request.notebooks) or set(known)
    return {name: file for name, file in known.items() if name in names or name == FRONT["region"]}


def own_parameters(request: Request, chosen: Mapping[str, NotebookFile], problems: ProblemList) -> dict[str, Value]:
    """Return the parameters given beside the run's own, typed and checked."""
    given = dict(request.parameters)
    for name in sorted(set(given).intersection(RUNNERS_OWN)):
        say(problems, "parameter_option", where=f"--parameter {name}", subject=name)
        del given[name]
    return notebook_files.check_parameters(chosen.values(), given, problems)


def years(data: datasets.Data) -> list[str]:
    """Return the years for which evaluated areas have values: whole years if any, else whatever lies in a year.

    A reference may be ahead of the areas: its newest year is not theirs.
    """
    rows = data.facts[data.facts["value"].notna() & data.facts["area"].isin(data.counties())]
    spans = [periods.parse(period) for period in set(rows["period"]) - {periods.UNKNOWN}]
    whole = [span for span in spans if periods.every(periods.name(span)) == "year"]
    return sorted({f"{span.year:04d}" for span in whole or spans})


def counties(data: datasets.Data, period: str) -> list[str]:
    """Return the areas that are evaluated and exist in a period."""
    rows = data.areas.set_index("area")
    return [
        code
        for code in data.counties()
        if periods.valid(period, str(rows.at[code, "valid_from"]), str(rows.at[code, "valid_to"]))
    ]


def _period(request: Request, data: datasets.Data, problems: ProblemList) -> str:
    known = sorted(set(data.facts["period"]) - {periods.UNKNOWN})
    found = years(data)
    if not found:
        say(problems, "no_period", where="facts")
        return ""
    if request.period is None:
        return found[-1]
    usable = request.period.isascii() and periods.is_period(request.period) and request.period != periods.UNKNOWN
    if usable and any(periods.contains(request.period, period) for period in known):
        return request.period
    names = sorted({*found, *known})
    allowed = nearest(request.period, names) or ", ".join(found[-6:])
    say(problems, "period_unknown", where=f"--period {request.period}", period=request.period, allowed=allowed)
    return ""


def _preset(request: Request, data: datasets.Data, problems: ProblemList) -> str:
    """Return the disclosure preset of a public site, "" for an internal one."""
    if request.audience not in AUDIENCES:
        say(problems, "audience", where="--audience", found=request.audience, allowed=", ".join(AUDIENCES))
    if request.audience != "public":
        return ""
    from evaltools.audiences import preset_of

    try:
        return preset_of(data).name
    except InputError as error:
        problems.extend(error.problems)
        return ""


def _wanted(request: Request, data: datasets.Data, areas: Sequence[str], problems: ProblemList) -> tuple[str, ...]:
    for code in request.areas:
        if code not in areas:
            names = {name for row in ("name_zh", "name_en") for name in data.areas[row] if name}
            near = nearest(code, areas) or ", ".join(areas[:3])
            if code in names:  # a name was given where a code belongs
                rows = data.areas[(data.areas["name_zh"] == code) | (data.areas["name_en"] == code)]
                near = ", ".join(rows["area"])
            say(problems, "area_unknown", where=f"--area {code}", area=code, allowed=near)
    return tuple(code for code in areas if not request.areas or code in request.areas)


def _pages(plan: Plan, chosen: set[str], parameters: Mapping[str, Value], problems: ProblemList) -> Iterator[Page]:
    told: set[str] = set()
    for area in (*plan.areas, ""):
        for file in plan.notebooks.values():
            if file.scope != ("area" if area else "region"):
                continue
            given = parameters if file.name in chosen else {}
            values = {name: value for name, value in given.items() if name in file.parameters}
            for name, text in _own(plan, area).items():
                where = f"{file.path.name} {name}"
                if name not in file.parameters:
                    continue
                try:
                    values[name] = typed(file.parameters[name], text)
                except ValueError:
                    if where not in told:
                        allowed = describe(file.parameters[name])
                        found = {"subject": name, "evidence": text, "notebook": file.name, "allowed": allowed}
                        say(problems, "parameter_value", where=where, **found)
                    told.add(where)
            folder = f"{area}/" if area else ""
            html = "index" if file.name == FRONT[file.scope] else file.name
            work = Work(file.name, area, values)
            yield Page(work, file, f"{folder}{html}.html", f"{folder}{file.name}.ipynb", folder)


def _own(plan: Plan, area: str) -> dict[str, str]:
    """The run's own parameters, by the names of `RUNNERS_OWN`."""
    return {
        "data": plan.dataset.name,
        "area": area or plan.data.meta.region,
        "period": plan.period,
        "stage": plan.data.stage,
        "standard": plan.data.standard_name,
        "lang": plan.lang,
        "audience": plan.audience,
    }
