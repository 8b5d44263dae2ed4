"""a revision"""
revision: str = 'bb04'
down_revision: str | None = ('bb02', 'bb03')
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
