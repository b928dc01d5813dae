"""The stages of attacks: each lets payloads run, has one of them try its attacks, and says what each achieved."""
