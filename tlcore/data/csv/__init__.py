"""CSV files in: every cell as text, every row judged."""
