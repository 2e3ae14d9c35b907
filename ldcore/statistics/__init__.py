"""How sure numbers are: intervals over seeds and runs (jackknife), subjects (means), patients (bootstrap), p-values.

An interval that says nothing, because there is one unit or no spread between units, is empty: low and high are nan.
"""
