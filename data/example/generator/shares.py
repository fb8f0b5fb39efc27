"""What every count is a share of, and how large a share: the calibration of the example.

Levels follow the published ranges that README.md names; spreads, growth and the dip of 2020 are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.places import FIRST_YEAR, YEARS


@dataclass(frozen=True)
class Share:
    """A count as a share of another count.

    start: the share in 2019; gain: what it adds a year; dip: what 2020 took away; county, unit: standard
    deviations between counties and between institutions; low, high: the bounds it stays in. since, until: years
    in which it is reported. factors: one multiplier a year, for counts that do not follow a straight line.
    """

    item: str
    of: str
    start: float
    gain: float = 0.0
    dip: float = 0.0
    county: float = 0.0
    unit: float = 0.0
    low: float = 0.0
    high: float = 10_000.0
    since: int = FIRST_YEAR
    until: int = 9999
    factors: tuple[float, ...] = (1.0,) * len(YEARS)


_BIRTHS = (1.0, 0.86, 0.76, 0.69, 0.64, 0.67)
_INFECTIONS = (1.0, 0.62, 0.82, 0.74, 1.5, 1.15)
_DUE = {"unit": 0.02, "low": 0.94, "high": 1.06}
_DOSE = {"gain": 0.002, "dip": 0.02, "county": 0.012, "unit": 0.038, "low": 0.8, "high": 0.995}

DEMOGRAPHY = (
    Share("residents_male", "residents", 0.507, unit=0.004, low=0.49, high=0.53),
    Share("children_0_6", "residents", 0.074, -0.0028, county=0.003, unit=0.004, low=0.04, high=0.1),
    Share("children_0_36_months", "children_0_6", 0.41, -0.006, unit=0.01, low=0.3, high=0.5),
    Share("children_under_3", "children_0_36_months", 0.972, unit=0.004, low=0.95, high=0.99),
    Share("live_births", "residents", 0.0104, county=0.0008, unit=0.0006, low=0.003, factors=_BIRTHS),
    Share("mothers_delivered", "live_births", 0.99, unit=0.003, low=0.97, high=1.0),
    Share("villages", "residents", 0.00055, unit=0.00005, low=0.0003),
)

HEALTH_RECORDS = (
    Share("health_records_established", "residents", 0.905, 0.008, 0.0, 0.035, 0.02, 0.8, 0.985),
    Share("electronic_records", "health_records_established", 0.93, 0.008, 0.0, 0.015, 0.01, 0.8, 0.99),
    Share("standardised_electronic_records", "electronic_records", 0.69, 0.014, 0.02, 0.07, 0.04, 0.45, 0.95),
    Share("records_with_activity", "health_records_established", 0.52, 0.018, 0.07, 0.07, 0.03, 0.3, 0.9),
)

HEALTH_EDUCATION = (
    Share("printed_material_copies", "residents", 0.34, 0.01, 0.05, 0.05, 0.04, 0.1, 0.9),
    Share("av_material_plays", "villages", 17.0, 0.5, 4.0, 2.0, 2.0, 4.0, 40.0),
    Share("av_material_hours", "av_material_plays", 1.6, unit=0.15, low=1.0, high=2.4),
    Share("bulletin_boards", "bulletin_boards_due", 0.99, 0.006, 0.0, 0.02, 0.03, 0.85, 1.12),
    Share("bulletin_board_updates", "bulletin_board_updates_due", 0.95, 0.008, 0.08, 0.03, 0.03, 0.6, 1.1),
    Share("lectures_held", "lectures_due", 0.94, 0.012, 0.2, 0.04, 0.04, 0.4, 1.1),
)

IMMUNISATION = (
    Share("vaccination_certificates_due", "live_births", 1.02, unit=0.01, low=1.0, high=1.06),
    Share("vaccination_certificates", "vaccination_certificates_due", 0.982, county=0.006, unit=0.006, high=0.999),
    *(
        share
        for vaccine, coverage in zip(
            ("bcg", "hepb3", "polio3", "dtp3", "mmr1", "je1"), (0.978, 0.968, 0.966, 0.962, 0.958, 0.954), strict=True
        )
        for share in (
            Share(f"{vaccine}_due", "live_births", 1.0, **_DUE),
            Share(f"{vaccine}_vaccinated", f"{vaccine}_due", coverage, **_DOSE),
        )
    ),
)

MOTHERS_AND_CHILDREN = (
    Share("newborns_visited", "live_births", 0.935, 0.006, 0.02, 0.02, 0.015, 0.8, 0.995),
    Share("children_0_6_managed", "children_0_6", 0.905, 0.006, 0.02, 0.03, 0.02, 0.75, 0.99),
    Share("children_under_3_systematic", "children_under_3", 0.885, 0.006, 0.03, 0.03, 0.02, 0.7, 0.985),
    Share("children_0_6_eye_checked", "children_0_6", 0.82, 0.018, 0.0, 0.05, 0.03, 0.6, 0.98, since=2021),
    Share("mothers_with_record", "mothers_delivered", 0.985, 0.001, county=0.004, unit=0.004, low=0.95, high=0.999),
    Share("mothers_registered_early", "mothers_with_record", 0.925, 0.006, 0.02, 0.015, 0.01, 0.8, 0.985),
    Share(
        "mothers_systematic", "mothers_registered_early", 0.972, 0.002, county=0.006, unit=0.005, low=0.9, high=0.995
    ),
    Share(
        "mothers_antenatal_examined", "mothers_delivered", 0.982, 0.001, county=0.004, unit=0.004, low=0.95, high=0.999
    ),
    Share("mothers_postnatal_visited", "mothers_delivered", 0.938, 0.006, 0.02, 0.02, 0.015, 0.8, 0.99),
    Share("mothers_hiv_tested", "mothers_delivered", 0.985, 0.002, county=0.004, unit=0.004, low=0.95, high=1.0),
    Share("mothers_anaemic", "mothers_delivered", 0.014, -0.0005, county=0.002, unit=0.004, low=0.002, high=0.03),
)

CHRONIC_DISEASE = (
    Share("elderly_managed", "residents_65_over", 0.60, 0.02, 0.07, 0.11, 0.05, 0.3, 0.85),
    Share("elderly_standardised_managed", "elderly_managed", 0.84, 0.012, 0.0, 0.02, 0.02, 0.6, 0.97, since=2022),
    Share("elderly_chinese_medicine", "residents_65_over", 0.60, 0.02, 0.06, 0.08, 0.03, 0.35, 0.85),
    Share("children_0_36_months_chinese_medicine", "children_0_36_months", 0.7, 0.018, 0.05, 0.03, 0.025, 0.45, 0.92),
    Share("hypertension_patients", "residents", 0.128, 0.002, county=0.005, unit=0.005, low=0.09, high=0.18),
    Share("managed_hypertension_patients", "hypertension_patients", 0.58, 0.012, 0.01, 0.03, 0.03, 0.35, 0.85),
    Share(
        "hypertension_standardised_managed", "managed_hypertension_patients", 0.72, 0.014, 0.05, 0.065, 0.04, 0.5, 0.93
    ),
    Share("hypertension_controlled", "managed_hypertension_patients", 0.62, 0.012, 0.03, 0.05, 0.03, 0.4, 0.85),
    Share("diabetes_patients", "residents", 0.046, 0.001, county=0.003, unit=0.002, low=0.03, high=0.07),
    Share("managed_diabetes_patients", "diabetes_patients", 0.6, 0.012, 0.01, 0.03, 0.03, 0.35, 0.85),
    Share("diabetes_standardised_managed", "managed_diabetes_patients", 0.71, 0.014, 0.05, 0.065, 0.04, 0.5, 0.93),
    Share("diabetes_controlled", "managed_diabetes_patients", 0.54, 0.012, 0.03, 0.05, 0.03, 0.35, 0.8),
)

MENTAL_HEALTH = (
    Share("smd_registered", "residents", 0.0044, 0.00005, county=0.0002, unit=0.0003, low=0.0032, high=0.0062),
    Share("smd_managed", "smd_registered", 0.945, 0.006, 0.01, 0.015, 0.015, 0.8, 0.998),
    Share("smd_standardised_managed", "smd_managed", 0.93, 0.008, 0.02, 0.03, 0.02, 0.75, 0.995),
    Share("smd_medicated", "smd_registered", 0.88, 0.008, 0.01, 0.02, 0.02, 0.7, 0.98),
    Share("smd_regularly_medicated", "smd_medicated", 0.80, 0.012, 0.02, 0.03, 0.03, 0.5, 0.97),
    Share("smd_at_home", "smd_registered", 0.952, unit=0.01, low=0.9, high=0.99),
    Share("smd_at_home_managed", "smd_at_home", 0.94, 0.006, 0.01, 0.02, 0.015, 0.8, 0.998),
    Share("smd_stable", "smd_at_home", 0.89, 0.006, 0.01, 0.02, 0.02, 0.7, 0.98),
    Share("smd_checked_up", "smd_registered", 0.42, 0.045, 0.0, 0.06, 0.04, 0.25, 0.85, since=2023),
)

DISEASE_CONTROL = (
    Share("tb_notified", "residents", 0.00044, -0.00002, 0.00003, 0.00005, 0.00009, 0.0001, 0.0009),
    Share("tb_managed", "tb_notified", 0.96, 0.004, 0.01, 0.01, 0.02, 0.8, 1.0),
    Share("tb_treatment_completed", "tb_notified", 0.94, unit=0.03, low=0.8, high=1.0),
    Share("tb_regularly_medicated", "tb_treatment_completed", 0.955, 0.003, 0.01, 0.01, 0.02, 0.8, 1.0),
    Share(
        "infectious_cases_registered", "residents", 0.0036, county=0.0004, unit=0.0005, low=0.001, factors=_INFECTIONS
    ),
    Share("infectious_cases_reported", "infectious_cases_registered", 0.978, 0.003, 0.0, 0.006, 0.008, 0.9, 1.0),
    Share(
        "infectious_cases_reported_class_ab",
        "infectious_cases_reported",
        0.44,
        county=0.04,
        unit=0.03,
        low=0.2,
        high=0.7,
    ),
    Share("infectious_cases_reported_timely", "infectious_cases_reported", 0.982, 0.002, 0.0, 0.006, 0.006, 0.9, 1.0),
    Share("supervised_sites", "residents", 0.0022, unit=0.0002, low=0.001),
    Share("patrols_done", "supervised_sites", 1.86, 0.02, 0.25, 0.06, 0.08, 1.1, 2.2),
    Share("supervision_events_found", "supervised_sites", 0.16, 0.004, 0.03, 0.02, 0.03, 0.05, 0.4),
    Share("supervision_events_reported", "supervision_events_found", 0.95, 0.006, 0.0, 0.02, 0.02, 0.8, 1.0),
)

CONTRACTS = (
    Share("contracted_residents", "residents", 0.39, 0.014, 0.01, 0.14, 0.04, 0.25, 0.8),
    Share("key_group_residents", "residents", 0.29, 0.004, county=0.006, unit=0.008, low=0.24, high=0.36),
    Share("contracted_key_group_residents", "key_group_residents", 0.66, 0.016, 0.01, 0.05, 0.03, 0.45, 0.8),
    Share("special_family_members", "residents", 0.0026, 0.00004, unit=0.0002, low=0.001),
    Share("contracted_special_family_members", "special_family_members", 0.965, 0.004, 0.0, 0.01, 0.01, 0.85, 1.0),
    Share(
        "contracted_registered_poor", "registered_poor_residents", 0.985, 0.01, 0.0, 0.005, 0.005, 0.95, 1.0, until=2020
    ),
    Share(
        "insured_registered_poor", "registered_poor_residents", 0.995, 0.003, 0.0, 0.001, 0.001, 0.99, 1.0, until=2020
    ),
    Share(
        "contracted_lifted_from_poverty",
        "residents_lifted_from_poverty",
        0.93,
        0.006,
        0.0,
        0.02,
        0.015,
        0.8,
        1.0,
        since=2021,
    ),
    Share(
        "insured_lifted_from_poverty",
        "residents_lifted_from_poverty",
        0.996,
        0.0,
        0.0,
        0.002,
        0.001,
        0.98,
        1.0,
        since=2021,
    ),
    Share("paid_contracted_residents", "contracted_residents", 0.1, 0.008, 0.0, 0.02, 0.015, 0.03, 0.3),
    Share("contracts_fulfilled", "contracted_residents", 0.68, 0.014, 0.05, 0.07, 0.04, 0.45, 0.95),
    Share("contracts_renewed", "contracted_residents", 0.79, 0.008, 0.03, 0.02, 0.015, 0.6, 0.86),
    Share("paid_contracts_renewed", "paid_contracted_residents", 0.62, 0.008, 0.02, 0.02, 0.02, 0.45, 0.7),
    Share("contracted_children_0_6", "children_0_6_managed", 0.66, 0.016, 0.01, 0.04, 0.03, 0.4, 0.95),
    Share("contracted_elderly", "elderly_managed", 0.78, 0.014, 0.01, 0.04, 0.03, 0.5, 0.98),
    Share("contracted_mothers", "mothers_with_record", 0.72, 0.014, 0.01, 0.04, 0.03, 0.45, 0.97),
    Share(
        "contracted_hypertension_patients", "managed_hypertension_patients", 0.8, 0.012, 0.01, 0.04, 0.03, 0.55, 0.98
    ),
    Share("contracted_diabetes_patients", "managed_diabetes_patients", 0.79, 0.012, 0.01, 0.04, 0.03, 0.55, 0.98),
    Share("contracted_tb_patients", "tb_managed", 0.86, 0.01, 0.0, 0.03, 0.05, 0.6, 1.0),
    Share("contracted_smd_patients", "smd_managed", 0.83, 0.012, 0.01, 0.03, 0.03, 0.6, 0.99),
    Share(
        "paid_contracted_hypertension_patients",
        "contracted_hypertension_patients",
        0.12,
        0.01,
        0.0,
        0.02,
        0.02,
        0.04,
        0.3,
    ),
    Share("paid_contracted_diabetes_patients", "contracted_diabetes_patients", 0.13, 0.01, 0.0, 0.02, 0.02, 0.04, 0.3),
    Share("general_practitioners", "residents", 0.00022, 0.00002, 0.0, 0.00002, 0.00003, 0.0001, 0.0006),
    Share("medicine_purchases", "residents", 58.0, 2.0, 4.0, 4.0, 6.0, 25.0, 110.0),
    Share("medicine_purchases_on_platform", "medicine_purchases", 0.972, 0.004, 0.0, 0.006, 0.006, 0.92, 1.0),
)

BY_UNIT = (
    *HEALTH_RECORDS,
    *HEALTH_EDUCATION,
    *IMMUNISATION,
    *MOTHERS_AND_CHILDREN,
    *CHRONIC_DISEASE,
    *MENTAL_HEALTH,
    *DISEASE_CONTROL,
    *CONTRACTS,
)

BY_COUNTY = (
    Share("residents_surveyed", "residents", 0.0011, low=0.0008, high=0.0015, unit=0.0001),
    Share("residents_aware", "residents_surveyed", 0.8, 0.012, 0.01, 0.03, 0.015, 0.6, 0.96),
    Share("residents_with_healthy_behaviour", "residents_surveyed", 0.7, 0.012, 0.01, 0.03, 0.015, 0.5, 0.9),
    Share("staff_surveyed", "residents", 0.0003, low=0.0002, high=0.0005, unit=0.00003),
    Share("staff_aware", "staff_surveyed", 0.94, 0.005, 0.0, 0.012, 0.008, 0.8, 1.0),
    Share("staff_with_healthy_behaviour", "staff_surveyed", 0.84, 0.008, 0.0, 0.02, 0.015, 0.6, 0.98),
    Share("inpatients_surveyed", "residents", 0.0004, low=0.0002, high=0.0006, unit=0.00004),
    Share("inpatients_aware", "inpatients_surveyed", 0.85, 0.006, 0.0, 0.02, 0.015, 0.6, 0.97),
    Share("satisfaction_surveyed", "residents", 0.0014, low=0.001, high=0.0018, unit=0.0001),
    Share("satisfaction_satisfied", "satisfaction_surveyed", 0.86, 0.01, 0.01, 0.03, 0.012, 0.7, 0.98),
    Share("endemic_tasks_due", "residents", 0.00006, low=0.00004, high=0.0001, unit=0.000006),
    Share("endemic_tasks_done", "endemic_tasks_due", 0.96, 0.004, 0.03, 0.02, 0.01, 0.8, 1.0),
    Share("medical_institutions", "residents", 0.00042, low=0.0003, unit=0.00001),
    Share("fee_disclosing_institutions", "medical_institutions", 0.955, 0.008, 0.0, 0.015, 0.005, 0.8, 1.0),
    Share("designated_institutions", "residents", 0.00018, low=0.0001, unit=0.000005),
    Share("no_deposit_institutions", "designated_institutions", 0.95, 0.012, 0.0, 0.015, 0.005, 0.8, 1.0),
    Share("one_stop_institutions", "designated_institutions", 0.93, 0.014, 0.0, 0.015, 0.005, 0.8, 1.0),
    Share("primary_institutions", "residents", 0.00058, low=0.0003, unit=0.00001),
    Share("zero_markup_institutions", "primary_institutions", 0.996, 0.001, 0.0, 0.001, 0.001, 0.98, 1.0),
    Share("essential_medicine_institutions", "primary_institutions", 0.985, 0.003, 0.0, 0.004, 0.002, 0.95, 1.0),
    Share("insured_residents", "residents", 0.962, 0.002, 0.0, 0.008, 0.004, 0.9, 0.995),
    Share("insured_visits", "insured_residents", 5.4, 0.15, 0.7, 0.3, 0.1, 3.0, 9.0),
    Share("insured_visits_in_county", "insured_visits", 0.885, 0.005, -0.01, 0.015, 0.006, 0.8, 0.96),
    Share("inpatient_cost", "insured_residents", 1040.0, 42.0, 110.0, 50.0, 25.0, 600.0, 1900.0),
    Share("inpatient_policy_cost", "inpatient_cost", 0.86, 0.003, 0.0, 0.01, 0.005, 0.8, 0.93),
    Share("inpatient_basic_insurance_paid", "inpatient_policy_cost", 0.715, 0.004, 0.0, 0.012, 0.006, 0.65, 0.8),
    Share("inpatient_catastrophic_insurance_paid", "inpatient_cost", 0.044, unit=0.003, low=0.03, high=0.06),
    Share("inpatient_supplementary_insurance_paid", "inpatient_cost", 0.028, unit=0.003, low=0.015, high=0.04),
    Share("inpatient_medical_assistance_paid", "inpatient_cost", 0.016, unit=0.002, low=0.008, high=0.025),
    Share("outpatient_cost", "insured_residents", 410.0, 18.0, 50.0, 25.0, 12.0, 250.0, 700.0),
    Share("outpatient_insurance_paid", "outpatient_cost", 0.55, 0.008, 0.0, 0.015, 0.008, 0.45, 0.7),
    Share("catastrophic_eligible_cost", "inpatient_cost", 0.078, unit=0.004, low=0.06, high=0.1),
    Share("catastrophic_insurance_paid", "catastrophic_eligible_cost", 0.535, 0.01, 0.0, 0.015, 0.01, 0.48, 0.68),
    Share("major_disease_cost", "inpatient_cost", 0.052, unit=0.003, low=0.04, high=0.07),
    Share("major_disease_paid", "major_disease_cost", 0.735, 0.006, 0.0, 0.015, 0.01, 0.65, 0.85),
    Share("poor_inpatient_cost", "registered_poor_residents", 1380.0, 60.0, 0.0, 80.0, 40.0, 900.0, 2000.0, until=2020),
    Share(
        "poor_inpatient_personal_burden",
        "poor_inpatient_cost",
        0.088,
        -0.008,
        0.0,
        0.006,
        0.004,
        0.05,
        0.13,
        until=2020,
    ),
    Share(
        "special_treatment_diagnosed", "registered_poor_residents", 0.021, unit=0.002, low=0.01, high=0.04, until=2020
    ),
    Share(
        "special_treatment_treated", "special_treatment_diagnosed", 0.95, 0.03, 0.0, 0.01, 0.01, 0.85, 1.0, until=2020
    ),
    Share("poor_checkups_due", "registered_poor_residents", 0.94, unit=0.01, low=0.9, high=0.98, until=2020),
    Share("poor_checkups_done", "poor_checkups_due", 0.92, 0.04, 0.02, 0.03, 0.01, 0.7, 1.0, until=2020),
    Share("poverty_policy_surveyed", "residents", 0.0008, unit=0.0001, low=0.0005, high=0.0012, until=2020),
    Share("poverty_policy_aware", "poverty_policy_surveyed", 0.94, 0.02, 0.0, 0.02, 0.01, 0.8, 1.0, until=2020),
    Share("county_hospital_beds", "residents", 0.0032, 0.00005, unit=0.0001, low=0.0025, until=2020),
    Share(
        "county_hospital_poverty_beds", "county_hospital_beds", 0.054, 0.003, 0.0, 0.006, 0.002, 0.03, 0.08, until=2020
    ),
)

_ALL = (*DEMOGRAPHY, *BY_UNIT, *BY_COUNTY)
REPORTED = {share.item: (share.since, share.until) for share in _ALL} | {
    "registered_poor_residents": (FIRST_YEAR, 2020),
    "residents_lifted_from_poverty": (2021, 9999),
    "institution_poverty_beds": (FIRST_YEAR, 2020),
    "special_treatment_kinds": (FIRST_YEAR, 2020),
}
"""First and last year in which an item is reported; others are reported in every year."""
