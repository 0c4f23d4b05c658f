"""Numbers, quantities, money, times, durations, phones, addresses: what a text says as values."""
