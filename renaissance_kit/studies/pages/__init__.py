"""Pages: the sizes and the sentences of each notebook, one file a notebook.

A notebook computes and shows. How large its runs are stands in the page's ``Sizes``, a
`renaissance_kit.studies.scale.Scale`; what its numbers say is a function of results that returns
`renaissance_kit.studies.text.Text`.
"""
