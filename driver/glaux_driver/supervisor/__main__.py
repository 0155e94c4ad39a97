from glaux_driver.supervisor.guardian import guard

guardian = guard()

# Imported after the fork, so that the guardian's process does not load these modules.
from glaux_driver.supervisor.main import main  # noqa: E402

main(guardian)
