"""What comes with the figures: targets, the ledger of adjustments, breaks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from generator.counties import County
from generator.defects import ANNUAL, Facts
from generator.places import COUNTIES, LAST_YEAR

Row = tuple[object, ...]
NOW, BEFORE = str(LAST_YEAR), str(LAST_YEAR - 1)

_BP = "2023年基本公共卫生服务项目绩效目标（29项），https://ewitkey.cn/cms/show-31843.html"
_MC = "蒙城县2024年项目支出绩效目标申报表，https://www.mengcheng.gov.cn/XxgkContent/show/2601075.html"
_SW = "安徽省基层卫生考核系统公开代码（指标公式）"
_PSY = "https://zixin.com.cn/doc/4025415.html"
_SEED = "县级卫生工作总结样本"
_COMMON = "通用口径，未核对原文"
_OWN = "本示例设定"

FIXED: tuple[tuple[str, str, str, str], ...] = (
    ("health_record_coverage", "90", _OWN, "general"),
    ("electronic_record_coverage", "75", _COMMON, "general"),
    ("electronic_record_conformity_rate", "75", _OWN, "general"),
    ("active_record_rate", "50", "http://www.dybbs8.com/excel/763677.html", "verified"),
    ("lecture_completion_rate", "100", _SW, "verified"),
    ("consultation_completion_rate", "100", _SW, "verified"),
    ("resident_awareness_rate", "80", f"{_SEED} 003 篇3 L111", "verified"),
    ("resident_behaviour_rate", "70", f"{_SEED} 003 篇3 L111", "verified"),
    ("staff_awareness_rate", "95", f"{_SEED} 003 篇2 L65", "verified"),
    ("staff_behaviour_rate", "85", f"{_SEED} 003 篇2 L65", "verified"),
    ("inpatient_awareness_rate", "85", f"{_SEED} 003 篇2 L73", "verified"),
    ("vaccination_certificate_rate", "95", "http://therockpt.com/html/2025/news/3/411594.html", "verified"),
    ("nip_coverage", "90", f"{_BP}；{_MC}", "verified"),
    ("dtp3_township_share", "100", f"以乡镇（街道）为单位达到90%：{_BP}；{_MC}", "verified"),
    ("mmr1_township_share", "100", f"以乡镇（街道）为单位达到90%：{_BP}；{_MC}", "verified"),
    ("newborn_visit_rate", "90", _COMMON, "general"),
    ("child_health_management_rate", "90", _BP, "verified"),
    ("under_3_systematic_management_rate", "90", _BP, "verified"),
    ("early_registration_rate", "90", _OWN, "general"),
    ("postnatal_visit_rate", "90", _OWN, "general"),
    ("maternal_systematic_management_rate", "90", _BP, "verified"),
    ("hypertension_control_rate", "50", "https://m.docduoduo.com/p-2754636.html", "verified"),
    ("diabetes_control_rate", "50", "https://m.docduoduo.com/p-2754636.html", "verified"),
    ("smd_standardised_management_rate", "80", _PSY, "verified"),
    ("smd_reported_prevalence", "4", _COMMON, "general"),
    ("smd_medication_rate", "60", _PSY, "verified"),
    ("smd_stability_rate", "60", _PSY, "verified"),
    ("tb_management_rate", "90", _BP, "verified"),
    ("tb_regular_medication_rate", "90", _COMMON, "general"),
    ("elderly_chinese_medicine_rate", "70", _BP, "verified"),
    ("child_chinese_medicine_rate", "77", _BP, "verified"),
    ("infectious_disease_report_rate", "95", _BP, "verified"),
    ("infectious_disease_timely_rate", "100", _SW, "verified"),
    ("emergency_report_rate", "100", _SW, "verified"),
    ("endemic_task_completion_rate", "95", _BP, "verified"),
    ("patrol_completion_rate", "90", _BP, "verified"),
    ("contract_coverage", "30", f"{_SEED} 001 篇1 L39", "verified"),
    ("special_family_contract_rate", "100", f"{_SEED} 001 篇1", "verified"),
    ("catastrophic_reimbursement_ratio", "50", f"{_SEED} 001 篇6 L287", "verified"),
    ("policy_reimbursement_ratio", "75", _COMMON, "general"),
    ("in_county_visit_rate", "90", _COMMON, "general"),
    ("platform_procurement_rate", "100", f"{_SEED} 002 L44", "verified"),
    ("zero_markup_coverage", "100", f"{_SEED} 002", "verified"),
    (
        "funds_execution_rate",
        "100",
        "稷山县2021年项目支出绩效自评表，https://keke.chddh.cn/archives/p4q58rogpx4emom7ewb9.html",
        "verified",
    ),
)
"""Targets that stay the same from year to year: indicator, target, source, mark."""

MOVING: dict[str, dict[str, str]] = {
    "standardised_electronic_record_coverage": {"2022": "61", "2023": "62", "2024": "62"},
    "elderly_health_management_rate": {"2023": "62", "2024": "62"},
    "hypertension_standardised_management_rate": {"2022": "73", "2023": "76", "2024": "76"},
    "diabetes_standardised_management_rate": {"2022": "73", "2023": "76", "2024": "76"},
    "smd_at_home_management_rate": {"2022": "90", "2023": "95", "2024": "95"},
    "child_eye_care_coverage": {"2023": "90", "2024": "90"},
    "smd_check_up_rate": {"2023": "60", "2024": "60"},
}
"""Targets that changed, or began: indicator, year, target. 2024 repeats 2023, which is the newest list there is."""

PATIENTS = {
    "managed_hypertension_count": "managed_hypertension_patients",
    "managed_diabetes_count": "managed_diabetes_patients",
}
ENDED = ("poor_contract_rate", "poor_insurance_rate")
TARGET_YEARS = ("2022", "2023", "2024")


def target_of(indicator: str) -> Fraction:
    fixed = {name: value for name, value, _, _ in FIXED}
    return Fraction(MOVING[indicator][NOW] if indicator in MOVING else fixed[indicator])


def targets(facts: Facts) -> list[Row]:
    """Return the targets of the last three years; numbers of patients are set county by county."""
    rows: list[Row] = []

    def add(
        year: str, area: str, indicator: str, target: object, source: str, mark: str, kind: str = "absolute"
    ) -> None:
        rows.append((year, area, "", indicator, target, "", kind, source, mark))

    for year in TARGET_YEARS:
        for indicator, target, source, mark in FIXED:
            add(year, "*", indicator, target, *_carried(source, mark, year))
        for indicator, values in MOVING.items():
            if year in values:
                add(year, "*", indicator, values[year], *_carried(_BP, "verified", max(year, BEFORE)))
        add(year, "*", "satisfaction_rate", "", *_carried(_BP, "verified", year), kind="improve")
        for place in COUNTIES:
            county, before = County(place.area, facts), str(int(year) - 1)
            for indicator, item in PATIENTS.items():
                task = (county.count(item, before) or 0) * 102 // 10_000 * 100
                add(year, place.area, indicator, task, "虚构的任务数：上年在管人数加2%，取整到百人", "general")
    for year in ("2019", "2020"):
        for indicator in ENDED:
            add(year, "*", indicator, "100", f"{_SEED} 001 篇1、篇6", "verified")
    return sorted(rows, key=lambda row: (str(row[0]), str(row[3]), str(row[1])))


def _carried(source: str, mark: str, year: str) -> tuple[str, str]:
    """Return source and mark: the list of 2023 is evidence for its year, the example carries it to the others."""
    return (f"{source}，本示例沿用", "general") if _BP in source and year != BEFORE else (source, mark)


@dataclass(frozen=True)
class Adjustment:
    """A figure of the last year that was changed; percent: what it became, of what it was before."""

    area: str
    unit: str
    item: str
    stage: str
    percent: int
    reason: str
    evidence: str
    date: str


ADJUSTMENTS = (
    Adjustment(
        "990102",
        "03",
        "hypertension_standardised_managed",
        "verified",
        93,
        "随访记录不规范，按真实率校正",
        "现场核查记录第7号：抽查30份档案，28份符合规范",
        "2025-02-18",
    ),
    Adjustment(
        "990102",
        "03",
        "hypertension_standardised_managed",
        "appeal",
        103,
        "补交随访记录原件，部分采纳",
        "申诉材料第2号：补交随访表",
        "2025-03-12",
    ),
    Adjustment(
        "990104",
        "08",
        "contracts_fulfilled",
        "verified",
        90,
        "电话回访未接受服务，按真实率校正",
        "电话回访记录第11号：回访20人，18人确认",
        "2025-02-20",
    ),
    Adjustment(
        "990106",
        "11",
        "children_0_6_managed",
        "verified",
        95,
        "体检表缺项，按完整率校正",
        "现场核查记录第15号：抽查20份，19份完整",
        "2025-02-21",
    ),
    Adjustment(
        "990109",
        "02",
        "diabetes_standardised_managed",
        "verified",
        90,
        "空腹血糖未检测，按规范率校正",
        "现场核查记录第19号：抽查10份，9份规范",
        "2025-02-25",
    ),
    Adjustment(
        "990109",
        "02",
        "diabetes_standardised_managed",
        "appeal",
        106,
        "提供检验系统记录，部分采纳",
        "申诉材料第5号：检验结果清单",
        "2025-03-14",
    ),
    Adjustment(
        "990108",
        "05",
        "records_with_activity",
        "correction",
        104,
        "填报时漏计一个村卫生室",
        "更正函第3号：村卫生室动态记录清单",
        "2025-03-20",
    ),
    Adjustment(
        "990111",
        "04",
        "standardised_electronic_records",
        "correction",
        97,
        "重复计入已迁出居民",
        "更正函第4号：迁出居民名册",
        "2025-03-21",
    ),
)


def adjustments(facts: Facts) -> list[Row]:
    """Return the ledger: each entry starts from the value as it then stood."""
    now: dict[tuple[str, str, str], int] = {}
    rows: list[Row] = []
    for entry in ADJUSTMENTS:
        key = (entry.area, entry.unit, entry.item)
        before = now.get(key, int(facts[(NOW, *key, ANNUAL)]))
        now[key] = before * entry.percent // 100
        rows.append((NOW, *key, before, now[key], entry.stage, entry.reason, entry.evidence, entry.date))
    return rows


def breaks() -> list[Row]:
    """Return the years that are not like the others."""
    return [
        (
            "2020",
            "2020",
            "*",
            "*",
            "disturbance",
            "2020年疫情影响服务开展（虚构示例）。",
            "Services were disrupted by the epidemic in 2020 (fictitious).",
        ),
        (
            "2022",
            "2022",
            "elderly_health_management_rate",
            "*",
            "definition",
            "2022年起按规范健康管理服务口径统计，2022年两口径并报。",
            "From 2022 the standardised-service definition is used; both definitions are reported in 2022.",
        ),
    ]
