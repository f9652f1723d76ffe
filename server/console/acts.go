package console

// The acts on people in the form that their forms' handlers call: what they would show, the page shows.

func (h *Handlers) blockBiker(v *visit, email string) error {
	_, err := h.Acts.BlockBiker(v.R.Context(), email)
	return err
}

func (h *Handlers) unblockBiker(v *visit, email string) error {
	_, err := h.Acts.UnblockBiker(v.R.Context(), email)
	return err
}

func (h *Handlers) eraseBiker(v *visit, email string) error {
	return h.Acts.EraseBiker(v.R.Context(), email)
}

func (h *Handlers) exportBiker(email string) (any, error) { return h.Acts.ExportBiker(email) }

func (h *Handlers) blockUser(v *visit, email string) error {
	_, err := h.Acts.BlockUser(v.R.Context(), email)
	return err
}

func (h *Handlers) unblockUser(v *visit, email string) error {
	_, err := h.Acts.UnblockUser(v.R.Context(), email)
	return err
}

func (h *Handlers) reactivateUser(v *visit, email string) error {
	_, err := h.Acts.ReactivateUser(v.R.Context(), email)
	return err
}

func (h *Handlers) eraseUser(v *visit, email string) error {
	return h.Acts.EraseUser(v.R.Context(), email)
}

func (h *Handlers) exportUser(email string) (any, error) { return h.Acts.ExportUser(email) }
