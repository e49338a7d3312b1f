"""What setup.py does besides setuptools' own work. Standard library only; no part of the installed package."""
