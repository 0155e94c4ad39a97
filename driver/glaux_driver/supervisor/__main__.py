from glaux_driver.supervisor.guardian import guard

guardian = guard()

# Only now: the guardian does not need all this.
from glaux_driver.supervisor.main import main  # noqa: E402

main(guardian)
