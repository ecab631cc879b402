___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Consent Platform",
  "categories": [
    "TAG_MANAGEMENT",
    "UTILITY"
  ],
  "brand": {
    "id": "brand_dummy",
    "displayName": ""
  },
  "description": "Sets Google's consent to denied, and loads the consent window of your own consent platform. Fire it on Consent Initialization - All Pages.",
  "containerContexts": [
    "WEB"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "host",
    "displayName": "Service address",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^https://[A-Za-z0-9.-]+(:[0-9]+)?$"
        ],
        "errorMessage": "Enter https:// and a host, without a path."
      }
    ],
    "help": "The address of your consent platform, such as https://consent.example.org"
  },
  {
    "type": "TEXT",
    "name": "widgetId",
    "displayName": "Widget",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^[1-9][0-9]{0,14}$"
        ],
        "errorMessage": "Enter a number."
      }
    ],
    "help": "The number of your widget."
  },
  {
    "type": "TEXT",
    "name": "key",
    "displayName": "Public key",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^[A-Za-z0-9_-]{8,64}$"
        ],
        "errorMessage": "Enter 8 to 64 letters, digits, - or _."
      }
    ],
    "help": "One of the public keys of your widget."
  },
  {
    "type": "TEXT",
    "name": "waitForUpdate",
    "displayName": "Wait for the visitor's earlier choice (milliseconds)",
    "simpleValueType": true,
    "defaultValue": "500",
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^[0-9]{1,5}$"
        ],
        "errorMessage": "Enter a number of milliseconds."
      }
    ],
    "help": "The time that Google's tags wait for the choice of an earlier visit. After it, consent counts as denied."
  },
  {
    "type": "CHECKBOX",
    "name": "adsDataRedaction",
    "checkboxText": "Redact ads data while ad_storage is denied",
    "simpleValueType": true,
    "defaultValue": false
  },
  {
    "type": "CHECKBOX",
    "name": "urlPassthrough",
    "checkboxText": "Pass ad click information through addresses while consent is denied",
    "simpleValueType": true,
    "defaultValue": false
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

const createQueue = require('createQueue');
const encodeUriComponent = require('encodeUriComponent');
const gtagSet = require('gtagSet');
const injectScript = require('injectScript');
const makeInteger = require('makeInteger');
const setDefaultConsentState = require('setDefaultConsentState');

// First, and synchronously with the trigger: other tags must find consent denied.
setDefaultConsentState({
  ad_personalization: 'denied',
  ad_storage: 'denied',
  ad_user_data: 'denied',
  analytics_storage: 'denied',
  functionality_storage: 'denied',
  personalization_storage: 'denied',
  security_storage: 'denied',
  wait_for_update: makeInteger(data.waitForUpdate)
});

if (data.adsDataRedaction) gtagSet({ads_data_redaction: true});
if (data.urlPassthrough) gtagSet({url_passthrough: true});

// The command waits in window.dastra until the script has loaded.
createQueue('dastra')(['loadCookieConsent', {widgetId: makeInteger(data.widgetId)}]);

const url = data.host + '/sdk/dastra.js?key=' + encodeUriComponent(data.key);
injectScript(url, data.gtmOnSuccess, data.gtmOnFailure, url);


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "access_consent",
        "versionId": "1"
      },
      "param": [
        {
          "key": "consentTypes",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_personalization"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_storage"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_user_data"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "analytics_storage"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "functionality_storage"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "personalization_storage"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "security_storage"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "access_globals",
        "versionId": "1"
      },
      "param": [
        {
          "key": "keys",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "dastra"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "inject_script",
        "versionId": "1"
      },
      "param": [
        {
          "key": "urls",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "https://*/sdk/dastra.js*"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "write_data_layer",
        "versionId": "1"
      },
      "param": [
        {
          "key": "keyPatterns",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "ads_data_redaction"
              },
              {
                "type": 1,
                "string": "url_passthrough"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: Consent is denied before the script is requested
  code: |-
    const order = [];
    mock('setDefaultConsentState', (state) => order.push(state));
    mock('injectScript', (url) => order.push(url));

    runCode(settings);

    assertThat(order).isEqualTo([
      {
        ad_personalization: 'denied',
        ad_storage: 'denied',
        ad_user_data: 'denied',
        analytics_storage: 'denied',
        functionality_storage: 'denied',
        personalization_storage: 'denied',
        security_storage: 'denied',
        wait_for_update: 500
      },
      'https://consent.example.org/sdk/dastra.js?key=a-public-key-of-mine'
    ]);
- name: The command is queued before the script loads
  code: |-
    const commands = [];
    mock('createQueue', (name) => (command) => commands.push([name, command]));
    mock('injectScript', () => assertThat(commands).hasLength(1));

    runCode(settings);

    assertThat(commands).isEqualTo([['dastra', ['loadCookieConsent', {widgetId: 43}]]]);
- name: The tag succeeds when the script has loaded
  code: |-
    mock('injectScript', (url, onSuccess) => onSuccess());

    runCode(settings);

    assertApi('gtmOnSuccess').wasCalled();
    assertApi('gtmOnFailure').wasNotCalled();
- name: The tag fails when the script cannot be loaded
  code: |-
    mock('injectScript', (url, onSuccess, onFailure) => onFailure());

    runCode(settings);

    assertApi('gtmOnSuccess').wasNotCalled();
    assertApi('gtmOnFailure').wasCalled();
- name: Options of Google's tags are off unless they are chosen
  code: |-
    runCode(settings);

    assertApi('gtagSet').wasNotCalled();
- name: Options of Google's tags are set when they are chosen
  code: |-
    settings.adsDataRedaction = true;
    settings.urlPassthrough = true;

    runCode(settings);

    assertApi('gtagSet').wasCalledWith({ads_data_redaction: true});
    assertApi('gtagSet').wasCalledWith({url_passthrough: true});
setup: |-
  const settings = {
    host: 'https://consent.example.org',
    widgetId: '43',
    key: 'a-public-key-of-mine',
    waitForUpdate: '500',
    adsDataRedaction: false,
    urlPassthrough: false
  };

  mock('createQueue', () => () => undefined);
  mock('gtagSet', () => undefined);
  mock('injectScript', () => undefined);
  mock('setDefaultConsentState', () => undefined);


___NOTES___

See docs/integrate/google-tag-manager.md for the fields and the triggers.
