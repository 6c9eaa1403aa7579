"""What holds the project together: modules, start-up, tools, packages, manuals, documents."""
