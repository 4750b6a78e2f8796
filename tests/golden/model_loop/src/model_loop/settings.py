"""What a person may want to change: paths and parameters."""

STUDENTS_CSV = "data/students.csv"
