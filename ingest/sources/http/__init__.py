"""HTTP access that is rate limited, retried, and bounded in hosts, addresses, time and size."""
