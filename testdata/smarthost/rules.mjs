// What html-validate and caniemail hold against pages, but not against mail. Whatever else they find is an error, and so is an
// entry here that nothing needs any more.

const whole = 'the letter says and shows the same without it';

// Outlook on Windows draws with Word, which knows these attributes better than the properties that replaced them.
const known = { deprecated: false };

export const validate = {
  root: true,
  extends: ['html-validate:recommended'],
  elements: ['html5', {
    table: { attributes: { bgcolor: known, cellpadding: known, cellspacing: known, width: known } },
    td: { attributes: { align: known, bgcolor: known, valign: known } },
  }],
  rules: {
    // Mail programs drop or rewrite style sheets: what must look so is said where it applies.
    'no-inline-style': 'off',
    // Layout tables have no head or foot, and role=presentation hides the rows from readers.
    'prefer-tbody': 'off',
    // A letter's title is its subject; search engines, who cut titles, never see it.
    'long-title': 'off',
  },
};

export const clients = ['gmail.*', 'outlook.*', 'apple-mail.*'];

// Errors of caniemail: a feature, in which of the clients it may be missing, and why that harms nobody.
export const missing = [
  { feature: '<body> element', in: ['outlook.macos'], because: 'the table inside has the same class, colour and width' },
  { feature: '<style> element', in: ['gmail.mobile-webmail'], because: 'it has dark colours and narrow margins only; ' + whole },
  { feature: '@media', in: ['gmail.mobile-webmail', 'outlook.windows', 'outlook.windows-mail'], because: 'dark colours, narrow margins; ' + whole },
  { feature: 'color-scheme CSS property', in: ['gmail.*', 'outlook.*'], because: 'it announces dark colours; ' + whole },
  { feature: 'color-scheme meta tag', in: ['apple-mail.ios', 'gmail.*', 'outlook.*'], because: 'it announces dark colours; ' + whole },
  { feature: 'border-radius', in: ['outlook.windows', 'outlook.windows-mail'], because: 'corners are square; ' + whole },
  { feature: 'word-break', in: ['outlook.windows-mail'], because: 'a very long word widens the column; ' + whole },
  { feature: 'role attribute', in: ['outlook.windows-mail'], because: 'a reader may name the tables; ' + whole },
  // The preview's line is hidden three ways: each of them is known where the others are not.
  { feature: 'display:none', in: ['gmail.mobile-webmail'], because: 'max-height and overflow hide it there' },
  { feature: 'max-height property', in: ['outlook.windows', 'outlook.windows-mail'], because: 'display:none and mso-hide hide it there' },
  { feature: 'overflow', in: ['outlook.windows', 'outlook.windows-mail'], because: 'display:none and mso-hide hide it there' },
];
