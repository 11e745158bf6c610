"""Every table that is measured, by name."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.bench.tables_parts import bundled, made
from scripts.bench.tables_parts.table_file import TableFile

TABLES: Mapping[str, TableFile] = {
    "breast_cancer": TableFile(
        "breast_cancer.csv", "569 rows; CSV", "binary", "diagnosis", bundled.write_breast_cancer
    ),
    "wine": TableFile("wine.parquet", "178 rows; Parquet", "multiclass", "cultivar", bundled.write_wine),
    "diabetes": TableFile(
        "diabetes.arff", "442 rows; ARFF", "regression", "progression", bundled.write_diabetes, unit="points"
    ),
    "digits": TableFile("digits.npz", "1,797 rows, 64 columns; NPZ", "multiclass", "y", bundled.write_digits),
    "flats": TableFile(
        "flats.csv",
        "semicolons, decimal commas, German dates, gaps",
        "regression",
        "Miete",
        made.write_flats,
        unit="EUR",
    ),
    "clinic": TableFile(
        "clinic.csv", "gaps in most columns: -999, unknown, ?", "binary", "recovered", made.write_clinic
    ),
    "towns": TableFile(
        "towns.csv",
        "texts; a quarter of the test file's towns are new",
        "multiclass",
        "way",
        made.write_towns,
        test="towns-test.csv",
    ),
    "fraud": TableFile("fraud.csv", "2 % of the rows are positive", "binary", "fraud", made.write_fraud),
    "few": TableFile("few.csv", "60 rows", "binary", "sort", made.write_few),
    "wide": TableFile("wide.csv.gz", "500 rows, 800 columns; .gz", "binary", "status", made.write_wide),
    "hundred": TableFile("hundred.csv", "100 classes", "multiclass", "species", made.write_hundred),
    "sensors": TableFile(
        "sensors.txt", "no header, tabs; the target by position", "multiclass", "1", made.write_sensors
    ),
    "visits": TableFile(
        "visits.csv", "eight rows of each patient", "regression", "response", made.write_visits, unit="points"
    ),
    "sales": TableFile(
        "sales.csv", "one row a day for four years", "regression", "sold", made.write_sales, unit="pieces"
    ),
    "claims": TableFile(
        "claims.csv", "a skewed target with outliers", "regression", "claim", made.write_claims, unit="EUR"
    ),
}
