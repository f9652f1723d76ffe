package page

import (
	"encoding/xml"
	"strings"
)

// What a still picture is made of (SVG 2, CSS), and what drawing programs write beside it.
const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
)

var svgStyle = xml.Name{Space: svgSpace, Local: "style"}

// editorSpaces are the namespaces in which drawing programs keep what no browser draws.
var editorSpaces = strings.Fields(`
	http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd http://www.inkscape.org/namespaces/inkscape
	http://www.w3.org/1999/02/22-rdf-syntax-ns# http://purl.org/dc/elements/1.1/
	http://creativecommons.org/ns# http://web.resource.org/cc/
	http://www.bohemiancoding.com/sketch/ns http://www.serif.com/ http://www.figma.com/figma/ns
	https://boxy-svg.com http://vectornator.io http://www.vectornator.io
	http://ns.adobe.com/AdobeIllustrator/10.0/ http://ns.adobe.com/AdobeSVGViewerExtensions/3.0/
	http://ns.adobe.com/Extensibility/1.0/ http://ns.adobe.com/Graphs/1.0/ http://ns.adobe.com/Variables/1.0/
	http://ns.adobe.com/SaveForWeb/1.0/ http://ns.adobe.com/ImageReplacement/1.0/`)

var svgElements = strings.Fields(`
	svg g defs symbol use switch title desc metadata style
	path rect circle ellipse line polyline polygon image text tspan textPath
	linearGradient radialGradient stop pattern clipPath mask marker
	filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
	feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode
	feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence`)

// svgNames are attributes that name and say things; all others may have CSS in them.
var svgNames = strings.Fields("xmlns id class role lang title")

var svgAttributes = strings.Fields(`
	style tabindex focusable type media version baseProfile enable-background
	contentStyleType contentScriptType zoomAndPan requiredFeatures requiredExtensions systemLanguage
	viewBox preserveAspectRatio transform transform-origin transform-box x y x1 y1 x2 y2 dx dy width height
	cx cy r rx ry fx fy fr d points pathLength offset rotate textLength lengthAdjust startOffset method spacing side
	gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits patternTransform
	clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight orient refX refY
	filterUnits primitiveUnits filterRes in in2 result mode values k1 k2 k3 k4 operator order kernelMatrix divisor bias
	targetX targetY edgeMode preserveAlpha surfaceScale diffuseConstant specularConstant specularExponent
	kernelUnitLength scale xChannelSelector yChannelSelector azimuth elevation z pointsAtX pointsAtY pointsAtZ
	limitingConeAngle tableValues slope intercept amplitude exponent stdDeviation radius baseFrequency numOctaves seed
	stitchTiles
	alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters
	color-profile color-rendering cursor direction display dominant-baseline fill fill-opacity fill-rule filter
	flood-color flood-opacity font font-family font-feature-settings font-kerning font-size font-size-adjust
	font-stretch font-style font-variant font-variant-ligatures font-variation-settings font-weight
	glyph-orientation-horizontal glyph-orientation-vertical image-rendering isolation kerning letter-spacing
	lighting-color line-height marker marker-end marker-mid marker-start mask mask-type mix-blend-mode opacity overflow
	paint-order pointer-events shape-rendering solid-color solid-opacity stop-color stop-opacity stroke
	stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width
	text-align text-anchor text-decoration text-indent text-orientation text-overflow text-rendering text-transform
	unicode-bidi vector-effect visibility white-space word-spacing writing-mode`)

// styleFunctions are those that load nothing. Selectors such as :not() and words such as "and (" are among them, since
// a style is not taken apart further.
var styleFunctions = strings.Fields(`
	rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark var calc min max clamp
	matrix matrix3d translate translatex translatey translate3d scale scalex scaley rotate skew skewx skewy perspective
	inset circle ellipse polygon path rect blur brightness contrast drop-shadow grayscale hue-rotate invert opacity
	saturate sepia linear-gradient radial-gradient not is where nth-child nth-of-type nth-last-child lang and or`)
