"""--dry-run: says what the real run says, and changes nothing."""
