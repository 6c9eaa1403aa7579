"""Properties that hold for any tree and any mix of options."""
