"""From rows to what people read: the terminal, Markdown, one HTML file, JUnit, and the diff of two runs."""
