'''It isn't.
revision = 'nor this one'
'''
import typing as t

if True:
    revision = "an inner block is not read"
revision: t.Final[
    "str"
] = ('c'
     r'1')
down_revision = \
    ["b1"]  # revision = 'nor this'
branch_labels = depends = None
branch_labels = ('a"b', 'it\'s')
depends_on = ()
down_revisions = ['x']
revision_note = 'z'
assert revision == 'c1' and not (
revision == 'this is a comparison'
)


def upgrade():
    pass


def downgrade():
    pass
