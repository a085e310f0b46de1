// Renders the server's OpenAPI document. Text is only ever set as text.
const element = (name, children = [], attributes = {}) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        node.setAttribute(key, value);
    }
    node.append(...[children].flat());
    return node;
};

const followed = (api, schema) => schema?.$ref
    ? schema.$ref.slice(2).split('/').reduce((place, name) => place[name], api)
    : schema;

const typeName = (api, schema) => {
    if (!schema) {
        return 'any';
    }
    const target = followed(api, schema);
    if (target.enum) {
        return target.enum.map(value => JSON.stringify(value)).join(' | ');
    }
    if (target.items) {
        return `${typeName(api, target.items)}[]`;
    }
    return schema.$ref?.split('/').at(-1) ?? [target.type ?? 'any'].flat().filter(name => name !== 'null').join(' | ');
};

/** A table of an object's fields, and below it one for each kind of object among them. */
const fields = (api, schema, seen = new Set()) => {
    const target = followed(api, schema);
    if (target?.items) {
        return fields(api, target.items, seen);
    }
    const properties = Object.entries(target?.properties ?? {});
    if (properties.length === 0 || seen.has(target)) {
        return [];
    }
    seen.add(target);
    const rows = properties.map(([name, property]) => element('tr', [
        element('td', element('code', name)),
        element('td', element('code', typeName(api, property))),
        element('td', property.description ?? followed(api, property).description ?? ''),
    ]));
    const nested = properties
        .filter(([, property]) => followed(api, followed(api, property).items ?? property).properties)
        .flatMap(([name, property]) => {
            const tables = fields(api, property, seen);
            return tables.length > 0 ? [element('h3', `Of ${name}`), ...tables] : [];
        });
    const head = element('tr', ['Field', 'Type', 'Meaning'].map(title => element('th', title, { scope: 'col' })));
    return [element('table', [element('thead', head), element('tbody', rows)]), ...nested];
};

const operationSection = (api, path, method, operation) => {
    const body = operation.requestBody?.content ?? {};
    const [request] = Object.values(body);
    const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) =>
        element('li', [element('code', status), ` ${answer.description ?? ''} ${Object.keys(answer.content ?? {}).join(', ')}`]));
    const [answer] = Object.values(operation.responses?.['200']?.content ?? {});
    return element('section', [
        element('h2', [element('code', `${method.toUpperCase()} ${path}`), ` ${operation.summary ?? ''}`]),
        element('p', operation.description ?? ''),
        ...(request ? [element('h3', `Body: ${Object.keys(body).join(' or ')}`), ...fields(api, request.schema)] : []),
        element('h3', 'Answers'),
        element('ul', answers),
        ...(answer ? fields(api, answer.schema) : []),
    ], { id: `${method}${path}` });
};

const main = document.querySelector('#operations');
try {
    const response = await fetch('../openapi/v1.json');
    const api = await response.json();
    const sections = Object.entries(api.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => operationSection(api, path, method, operation)));
    main.replaceChildren(...sections);
    document.querySelector('#list').replaceChildren(...sections.map(section =>
        element('li', element('a', section.querySelector('h2').textContent, { href: `#${encodeURIComponent(section.id)}` }))));
} catch {
    main.textContent = 'The description of the API cannot be loaded.';
}
