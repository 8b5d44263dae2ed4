"""a revision"""
revision: str = 'aa04'
down_revision: str | None = 'aa02'
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
