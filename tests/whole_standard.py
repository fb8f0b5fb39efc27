"""A standard with every key and every rule, and texts that do not survive careless handling."""

WHOLE = """\
id: "007"
name_zh: 全标准
name_en: "Whole: standard"
source: =1+1
mark: general
total: 40.0
objects: area
previous: last_year
rounding: {digits: 3, mode: half_even, of: total, value_digits: 2}
missing: refuse
not_applicable: exclude
authenticity: {tolerance: 5, confidence: 90.5}
grades:
  - {id: "1", name_zh: 甲, name_en: "yes", from: 36}
  - {id: "2", name_zh: 乙, name_en: "null", from: 2.40}
  - {id: "3", name_zh: 丙, name_en: C, from: 0}
sections:
  - id: "1"
    name_zh: （一）甲
    name_en: First
    points: 30
    lines:
      - {id: "1.1", indicator: a, rule: proportional, points: 2.50, target: 0.10, source: s, mark: verified}
      - {id: 1.10, indicator: b, rule: threshold, points: .5, lower: 20, upper: 50, source: s, mark: general, gate: 1.1}
      - {id: 01, indicator: c, rule: per_point, points: 3, target: +95, deduct: 00.5, source: s, mark: general}
      - {id: 1e3, indicator: d, rule: per_step, points: 4, step: 2, deduct: 1, steps: whole, source: s, mark: general}
      - id: "yes"
        name_zh: "'引号"
        name_en: "-5"
        indicator: e
        definition: 2017
        direction: down
        rule: per_gap
        points: 2
        target: 12345678901234567890.10
        step: 5
        deduct: 1
        steps: started
        source: |
          第一行；含分号; 冒号: 和“引号”

          #第三行  有两个空格
        mark: general
        missing: zero
        not_applicable: refuse
        gate: ["1.1", "1.10", "01"]
      - {id: f, indicator: f, rule: per_defect, points: 3, deduct: 1., source: s, mark: general}
      - id: g
        indicator: g
        rule: bands
        points: 5
        bands: [{to: 60.0, points: 0}, {from: 60, to: 90, points: 2.50}, {points: 5, from: 90}]
        source: s
        mark: general
      - {id: h, indicator: h, rule: bands, points: 5, bands: [{points: 5}], source: s, mark: general}
      - {id: i, name_zh: 有, name_en: There is, rule: boolean, points: 5, full_when: yes, source: s, mark: general}
  - id: "2"
    name_zh: 乙
    name_en: Second
    points: 10
    lines:
      - {id: "2.1", name_zh: 件, name_en: Items, rule: evidence, points: 1, required: 12, source: s, mark: general}
      - {id: "2.2", indicator: k, rule: improvement, points: 1, improve: 0, ceiling: 95, source: s, mark: general}
      - id: "2.3"
        indicator: l
        rule: regional_mean
        points: 1
        mean: pooled
        own: without
        share: 95
        source: s
        mark: general
      - {id: "2.4", indicator: m, rule: percentile, points: 1, lower: 0, upper: 75, source: s, mark: general}
      - {id: "2.5", indicator: n, rule: units_meeting, points: 1, bar: 85, target: 90, source: s, mark: general}
      - id: "2.6"
        indicator: o
        rule: ladder
        points: 1
        tiers: [{from: 0, to: 100, each: 0.05}, {from: 100, each: 0.025}]
        source: s
        mark: general
      - {id: "2.7", indicator: p, rule: over_target, points: 1, allowance: 20, source: s, mark: general}
      - {id: "2.8", name_zh: 评, name_en: Judged, rule: manual, points: 3, scorers: trimmed, source: s, mark: general}
bonus:
  cap: 2
  above_total: no
  lines:
    - {id: extra, indicator: q, rule: proportional, points: 2, target: 10, source: s, mark: general}
penalties:
  cap: 10
  lines:
    - {id: case, name_zh: 例, name_en: Cases, rule: per_case, points: 10, deduct: 2, source: s, mark: general}
vetoes:
  - {id: v1, name_zh: 假, name_en: Forged, source: s, mark: general, effect: cap_grade, grade: "2", funds: 0.50}
  - {id: v2, name_zh: 亡, name_en: Death, source: s, mark: verified, effect: drop_grade, grades: 2}
"""

OF_UNITS = WHOLE
"""The same for units, for which there are no rules that compare whole areas."""
for _old, _new in (
    ("objects: area", "objects: unit\nroll_up: {by: item, item: residents}"),
    (
        "regional_mean\n        points: 1\n        mean: pooled\n        own: without\n        share: 95",
        "per_defect\n        points: 1\n        deduct: 1",
    ),
    ("rule: percentile", "rule: threshold"),
    ("rule: units_meeting, points: 1, bar: 85", "rule: proportional, points: 1"),
):
    assert _old in OF_UNITS
    OF_UNITS = OF_UNITS.replace(_old, _new)
