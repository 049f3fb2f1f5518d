"""Extractive answers: composers by intent, which select and pair quotations of the search result."""
