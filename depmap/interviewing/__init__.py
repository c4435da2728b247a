"""What people are asked and write down: forms, their mistakes, and files kept up to date."""
