"""a revision"""
revision: str = 'cc02'
down_revision: str | None = 'cc01'
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
