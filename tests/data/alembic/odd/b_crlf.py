"""a file of Windows

revision = 'not this one'
"""

revision = "b1"; down_revision = (
    "0a0a",  # the early one
)


def upgrade():
    pass


def downgrade():
    pass
