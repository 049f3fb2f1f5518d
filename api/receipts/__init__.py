"""Receipts: answers that are sealed, stored under an address of their own, checked and asked again."""
