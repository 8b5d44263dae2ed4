"""a revision"""
revision: str = 'bb05'
down_revision: str | None = 'bb04'
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
