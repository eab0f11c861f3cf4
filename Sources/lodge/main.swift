import LodgeCLI

await Lodge.main()
