"""What pages share; besides the pages and `app.py` the only place that imports streamlit."""
