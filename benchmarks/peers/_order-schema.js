/** The schema of the `validate` application for contestants that use zod: the body of the `validate` scenarios. */
import { z } from "zod";

export const orderSchema = z.object({
  items: z.array(
    z.object({ id: z.number().int(), name: z.string().min(1), price: z.number(), stocked: z.boolean() }),
  ),
  note: z.string(),
});
