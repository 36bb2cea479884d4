// Asks the backend, which runs in Docker Desktop's virtual machine.
"use strict";

{
  const find = (id) => document.querySelector(`#vm-${id}`);
  const message = find("message");
  const refresh = find("refresh");
  let asking = false;

  const show = (vm) => {
    const used = vm.memory.total - vm.memory.available;
    find("memory").value = used / vm.memory.total;
    find("memory-text").textContent = `${formatBytes(used)} of ${formatBytes(vm.memory.total)} in use`;
    find("cpus").textContent = vm.cpus;
    find("load").textContent = vm.load.map((load) => load.toFixed(2)).join(", ");
    find("uptime").textContent = formatSeconds(vm.uptime);
    find("kernel").textContent = vm.kernel;
    find("facts").hidden = false;
  };

  const formatSeconds = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
    return `${days > 0 ? `${days} d ` : ""}${hours} h ${minutes % 60} min`;
  };

  const load = async () => {
    if (asking) {
      return;
    }
    asking = true;
    say(message, "Asking the virtual machine…");
    try {
      const service = ddClient.extension.vm?.service;
      if (!service) {
        throw new Error("this extension was installed without its backend");
      }
      show(await service.get("/vm"));
      say(message, `As of ${new Date().toLocaleTimeString()}.`);
    } catch (error) {
      find("facts").hidden = true;
      say(message, `The backend does not answer: ${explain(error)}`, true);
    } finally {
      asking = false;
    }
  };

  if (ddClient) {
    refresh.addEventListener("click", load);
    load();
  }
}
