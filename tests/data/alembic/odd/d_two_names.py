revision = 'first'
revision = 'd1'
down_revision = "c1",


def upgrade():
    pass


def downgrade():
    pass
