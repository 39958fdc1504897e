"""The lessons' sentences on their results, a table a lesson."""
