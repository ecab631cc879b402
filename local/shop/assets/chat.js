// Stands for the script of a chat service. It contacts nobody.
document.getElementById("chat").textContent = "Runs: a person would answer you here.";
