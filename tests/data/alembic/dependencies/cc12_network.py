"""a revision"""
revision: str = 'cc12'
down_revision: str | None = 'cc11'
branch_labels = None
depends_on = ['cc02']


def upgrade():
    pass


def downgrade():
    pass
