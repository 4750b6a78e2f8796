"""What the methods and functions of libraries do to rows: tables, one module per library."""
