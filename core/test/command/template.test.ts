import { VarveError } from '@varve/core';
import test from 'ava';
import { compileTemplate } from '../../command/template.ts';

const data = {
  Id: 'sha256:abc',
  Size: 5,
  Tags: ['a:1', 'b:2'],
  None: [],
  Nil: null,
  Config: {
    Env: ['A=b', 'C=d'],
    Labels: new Map([
      ['z', '1'],
      ['a', '2'],
    ]),
    User: '',
  },
};
const renders = test.macro({
  exec(t, template: string, expected: string) {
    t.is(compileTemplate(template)(data), expected);
  },
  title: (_, template) => `renders ${template}`,
});
test(renders, 'plain', 'plain');
test(renders, '{{.Id}}', 'sha256:abc');
test(renders, '{{ .Config.Env }}', '[A=b C=d]');
test(renders, '{{.Config.Labels}}', 'map[a:2 z:1]');
test(renders, '{{.Config.Labels.z}}', '1');
test(renders, '{{.Config.Labels.missing}}', '');
test(renders, '{{index .Config.Labels "z"}}', '1');
test(renders, '{{json .Config.Labels}}', '{"z":"1","a":"2"}');
test(
  renders,
  '{{json .}}',
  '{"Id":"sha256:abc","Size":5,"Tags":["a:1","b:2"],"None":[],"Nil":null,"Config":{"Env":["A=b","C=d"],"Labels":{"z":"1","a":"2"},"User":""}}',
);
test(renders, '{{.Tags | json}}', '["a:1","b:2"]');
test(renders, '{{index .Tags 1}}', 'b:2');
test(renders, '{{len .Tags}}', '2');
test(renders, '{{join .Tags ", "}}', 'a:1, b:2');
test(renders, '{{range .Tags}}<{{.}}>{{end}}', '<a:1><b:2>');
test(renders, '{{range $i, $tag := .Tags}}{{$i}}={{$tag}};{{end}}', '0=a:1;1=b:2;');
test(renders, '{{range $k, $v := .Config.Labels}}{{$k}}{{$v}} {{end}}', 'a2 z1 ');
test(renders, '{{range .None}}x{{else}}none{{end}}', 'none');
test(renders, '{{if .Config.User}}user{{else if .Tags}}tags{{else}}no{{end}}', 'tags');
test(renders, '{{with .Config}}{{len .Env}} {{$.Size}}{{end}}', '2 5');
test(renders, '{{with .Config.User}}x{{else}}nobody{{end}}', 'nobody');
test(renders, '{{$x := .Size}}{{if eq $x 5}}five{{end}}', 'five');
test(renders, '{{(index .Tags 0) | upper}}', 'A:1');
test(renders, '{{printf "%-6s|%3d|%q" .Id .Size "x"}}', 'sha256:abc|  5|"x"');
test(renders, '{{ range .Tags -}}  a  {{- end }}', 'aa');
test(renders, '{{/* a comment */}}x', 'x');
test(renders, '{{`raw "x"`}}{{"quoted \\"y\\" }}"}}', 'raw "x"quoted "y" }}');
test(renders, '{{.Nil}}', '<no value>');
test(renders, '{{if and .Tags (not .None)}}yes{{end}}', 'yes');
test(renders, '{{slice .Id 7}}', 'abc');
test(renders, '{{join (split .Id ":") "-"}}', 'sha256-abc');

const refuses = test.macro({
  exec(t, template: string, message: RegExp) {
    const error = t.throws(() => compileTemplate(template)(data));
    t.is(VarveError.is(error) ? error.code : error, 'TEMPLATE_INVALID');
    t.regex(error?.message ?? '', message);
  },
  title: (_, template) => `refuses ${template}`,
});
test(refuses, '{{.Nope}}', /can't evaluate field Nope; there are Id, Size/);
test(refuses, '{{.Id.Deeper}}', /can't evaluate field Deeper/);
test(refuses, '{{.Id', /unclosed action/);
test(refuses, '{{if .Id}}x', /\{\{if\}\} without \{\{end\}\}/);
test(refuses, '{{end}}', /unexpected \{\{end\}\}/);
test(refuses, '{{nosuch .Id}}', /function "nosuch" not defined/);
test(refuses, '{{constructor .Id}}', /function "constructor" not defined/);
test(refuses, '{{.constructor}}', /can't evaluate field constructor/);
test(refuses, '{{$y}}', /undefined variable "\$y"/);
test(refuses, '{{index .Tags 7}}', /index out of range: 7/);
test(refuses, '{{.Id & 1}}', /unexpected "& 1"/);
test(refuses, '{{(.Id}}', /unclosed left paren/);
