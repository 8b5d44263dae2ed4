"""a revision"""
revision: str = 'bb03'
down_revision: str | None = 'bb01'
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
