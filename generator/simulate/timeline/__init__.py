"""What is to happen, and when: events as records, drawn from cron lines and rates."""
