"""a revision"""
revision: str = 'aa03'
down_revision: str | None = 'aa01'
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
