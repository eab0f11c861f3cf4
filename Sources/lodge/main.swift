import LodgeCLI

await runLodge()
