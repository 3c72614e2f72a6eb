import { createContext, useContext } from "react";
import type { Api } from "./client";
import type { Live } from "./live";

export interface Services {
  api: Api;
  live: Live;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("useServices outside of ServicesContext");
  return services;
}

export const useApi = (): Api => useServices().api;
