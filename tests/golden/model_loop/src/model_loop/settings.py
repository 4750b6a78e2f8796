"""What a person may want to change: paths and parameters."""

STUDENTS_CSV = "data/students.csv"
TRAINING_DATA = STUDENTS_CSV

TEST_SIZE = 0.2
