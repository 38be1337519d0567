"""The pages for whoever opens the address: `/` and a title's page, of plain templates.

They show what the API shows, by the same selectors, and work without their script, which only adds suggestions.
"""
