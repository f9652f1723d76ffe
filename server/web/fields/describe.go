package fields

import (
	"maps"
	"slices"

	"postern/server/web/schema"
)

// Schema describes the object: a property is required where its reader takes no null. The order is the names', what is
// required first.
func (o Object) Schema() *schema.Schema {
	var must, may []schema.Property
	for _, name := range slices.Sorted(maps.Keys(o)) {
		p := schema.Property{Name: name, Schema: o[name].Schema()}
		if p.Required = !p.Schema.IsNullable(); p.Required {
			must = append(must, p)
		} else {
			may = append(may, p)
		}
	}
	return schema.ObjectOf(append(must, may...)...)
}
