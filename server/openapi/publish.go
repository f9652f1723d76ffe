package openapi

import (
	"net/http"
	"slices"
	"sync"

	"postern/server/web"
)

// The paths of the description.
const (
	filePath  = "/openapi.yaml"
	pagePath  = "/docs"
	stylePath = "/docs/docs.css"
)

// published answers with the description. That is made when it is first asked for, so that no start waits for it: most
// appliances are never asked.
type published struct {
	style         *web.Asset
	public, whole forms
}

// forms are a description as a file and as a page, each made once.
type forms struct {
	describe func() *Document
	file     func() *web.Asset

	mu   sync.Mutex
	page *web.Asset // guarded by mu; nil: not drawn yet
}

// Publish returns the routes of all groups and, beside them, those of /openapi.yaml and /docs. Both tell anybody of the
// public groups, and whoever may call the operator's of those too.
func Publish(info Info, public, operator []Group) ([]web.Route, error) {
	style, err := embedded.ReadFile("docs.css")
	if err != nil {
		return nil, err
	}
	p := &published{style: web.NewAsset(stylePath, "text/css; charset=utf-8", style)}
	public = append(slices.Clip(public), Group{Name: "Description", Text: "What you are reading.", Routes: []web.Route{
		{Method: http.MethodGet, Path: filePath, Handle: p.serveFile, Doc: fileDoc},
		{Method: http.MethodGet, Path: pagePath, Handle: p.servePage, Doc: pageDoc, Page: true},
		p.style.Route(),
	}})
	whole := slices.Concat(public, operator)
	p.public.fill(info, public)
	p.whole.fill(info, whole)
	var routes []web.Route
	for _, g := range whole {
		routes = append(routes, g.Routes...)
	}
	return routes, nil
}

// fill says of what the forms are. That everything is described is held by a test, so New's error is nobody's here.
func (f *forms) fill(info Info, groups []Group) {
	f.describe = sync.OnceValue(func() *Document {
		d, _ := New(info, groups...)
		return d
	})
	f.file = sync.OnceValue(
		func() *web.Asset { return web.NewAsset(filePath, "application/yaml", f.describe().YAML()) },
	)
}

// of are the forms that the caller may see.
func (p *published) of(c *web.Call) *forms {
	if c.Operator() {
		return &p.whole
	}
	return &p.public
}

var fileDoc = web.Doc{
	ID: "getDescription", Summary: "Read this description as OpenAPI 3.1",
	Out: web.AssetAnswers("application/yaml", "The description of what the caller may call."),
}

func (p *published) serveFile(c *web.Call) error { return p.of(c).file().Serve(c) }

var pageDoc = web.Doc{
	ID: "pageDocs", Summary: "Read this description as a page",
	Out: web.AssetAnswers("text/html", "The page."),
}

func (p *published) servePage(c *web.Call) error {
	page, err := p.of(c).draw(c, p.style.URL())
	if err != nil {
		return err
	}
	return page.Serve(c)
}

// draw returns the page, which is drawn for the first caller.
func (f *forms) draw(c *web.Call, style string) (*web.Asset, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.page != nil {
		return f.page, nil
	}
	page, err := f.describe().page(style, filePath)
	if err != nil {
		return nil, err
	}
	f.page, err = c.Draw(pagePath, page)
	return f.page, err
}
