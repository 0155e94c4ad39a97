from glaux_driver.supervisor.main import main

main()
